package engage_test

import (
	"context"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// prepareControl prepares a source with thread control, and an identity there: a bot has
// control, and is asked for it.
func prepareControl(tb testing.TB, eng *engage.Engine) (identityID string) {
	tb.Helper()
	ctx := tb.Context()
	must(eng.Sources.Create(ctx, interaction.Source{ID: "page", Type: "page", Active: true}))(tb)
	if err := eng.Control.Configure(ctx, "page", byBot); err != nil {
		tb.Fatal(err)
	}
	in := must(eng.Threads.Receive(ctx, engage.Inbound{SourceID: "page", Customer: engage.Account{ForeignID: "fay"}, Message: interaction.Message{Body: "hi"}}))(tb)
	must(eng.Control.Handover(ctx, requestBy("fay")))(tb)
	return in.IdentityID
}

func requestBy(customer string) handover.Request {
	return handover.Request{IdentityForeignID: customer, From: handover.Bot, To: handover.Agent, Type: "page"}
}

// controlMethods returns the methods of Control.
func controlMethods(at preparedTalk) map[string]method {
	page, all := about("content_source", "page"), about("thread_control", "")
	fay := about("thread_control", "page/"+at.controlled)
	of := func(action engage.Action, r engage.Resource, call func(context.Context, engage.Control) (any, error)) method {
		return method{action: action, resource: r, call: func(ctx context.Context, s services, _ prepared) (any, error) { return call(ctx, s.Control) }}
	}
	found := func(m method) method {
		m.also = fay
		return m
	}
	return map[string]method{
		"Control.Configure": of(engage.ActionControlConfigure, page, func(ctx context.Context, s engage.Control) (any, error) {
			return nil, s.Configure(ctx, "page", handover.Settings{})
		}),
		"Control.Remove": of(engage.ActionControlConfigure, page, func(ctx context.Context, s engage.Control) (any, error) {
			return nil, s.Remove(ctx, "page")
		}),
		"Control.Settings": of(engage.ActionControlRead, page, func(ctx context.Context, s engage.Control) (any, error) { return s.Settings(ctx, "page") }),
		"Control.Handover": found(of(engage.ActionControlHandover, all, func(ctx context.Context, s engage.Control) (any, error) {
			return s.Handover(ctx, requestBy("fay"))
		})),
		"Control.Explain": found(of(engage.ActionControlRead, all, func(ctx context.Context, s engage.Control) (any, error) {
			return s.Explain(ctx, requestBy("fay"))
		})),
		"Control.Accept":  of(engage.ActionControlAnswer, fay, func(ctx context.Context, s engage.Control) (any, error) { return s.Accept(ctx, "page", at.controlled) }),
		"Control.Decline": of(engage.ActionControlAnswer, fay, func(ctx context.Context, s engage.Control) (any, error) { return s.Decline(ctx, "page", at.controlled) }),
		"Control.Get":     of(engage.ActionControlRead, fay, func(ctx context.Context, s engage.Control) (any, error) { return s.Get(ctx, "page", at.controlled) }),
		"Control.Timeline": of(engage.ActionControlRead, fay, func(ctx context.Context, s engage.Control) (any, error) {
			return s.Timeline(ctx, engage.ControlFilter{SourceID: "page", IdentityID: at.controlled})
		}),
		"Control.Settle": of(engage.ActionControlSettle, fay, func(ctx context.Context, s engage.Control) (any, error) {
			return s.Settle(ctx, "page", at.controlled, handover.Party{Owner: handover.Agent})
		}),
		"Control.Report": of(engage.ActionControlReport, page, func(ctx context.Context, s engage.Control) (any, error) {
			return s.Report(ctx, engage.ControlReport{
				SourceID: "page", IdentityForeignID: "fay", Party: handover.Party{Owner: handover.Idle}, At: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
			})
		}),
	}
}
