package engage

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/jobs"
)

// Platform is the outside world for the sources of one type: what a host writes to
// connect Messenger, e-mail or a chat of its own. Options.Platforms has them by type.
// It must be safe for concurrent use. What it receives from customers goes to
// Threads.Receive.
type Platform interface {
	// Send delivers a content, and returns what the platform calls it, "" if it has
	// no name there.
	//
	// An error says that this call has certainly not delivered it, and it is tried
	// again, with the spacing of Options.Jobs; unless it is [Permanent]. Nobody knows,
	// though, when it wraps ErrUnknownOutcome, the context's error, or one of package
	// net or net/http that says that a connection was lost once it stood; nor when
	// Send panics. [NotDelivered] says that it is certain all the same. If nobody
	// knows and the platform honours keys (see [KeyedPlatform]), it is tried again,
	// else the delivery is uncertain, and those behind it in the thread wait, until a
	// report (see [Echo]) or somebody (see [Jobs]) settles it.
	//
	// Package net/http sends a request again by itself if a connection breaks and the
	// request has an Idempotency-Key or X-Idempotency-Key: set one only for a platform
	// that honours it.
	//
	// ctx ends after Options.Jobs.Timeout, or when nine tenths of Options.Jobs.Lease are
	// over since the attempt was claimed, if that is earlier. A Send that goes on regardless is left
	// behind; when it answers after all, that counts.
	Send(ctx context.Context, d Delivery) (foreignID string, err error)
}

// KeyedPlatform is a Platform that may be asked again for the same delivery.
type KeyedPlatform interface {
	Platform

	// HonoursKeys reports whether the platform delivers once, and answers with the
	// same ID, however often it is asked with the same Delivery.Key.
	HonoursKeys() bool
}

// Delivery is a content on its way to its platform.
type Delivery struct {
	// Key is the same in each attempt to deliver the content, and no other has it.
	Key string
	// Attempt counts the attempts, from 1.
	Attempt int

	Source   interaction.Source
	Thread   interaction.Thread
	Identity interaction.Identity // who is to receive it
	Content  interaction.Content
	// InReplyTo is what the platform calls the content that it replies to; empty if
	// it replies to none, or that has no name there.
	InReplyTo string
}

// InApp is the Platform of sources that have no outside world: a chat within the
// host's own application, which reads the contents from the Engine. All it is asked
// to deliver is delivered at once. A front end learns of new contents from the events
// (Events.Consume): EventContentReplied and EventContentDiscussionInitiated tell of what
// the company says, EventContentImported of what customers write.
type InApp struct{}

// Send returns at once.
func (InApp) Send(context.Context, Delivery) (string, error) { return "", nil }

// Permanent returns an error for Platform.Send that says: this attempt has not delivered
// the content, and no other can. It is not tried again. That of nil is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &undelivered{error: err, forGood: true}
}

// NotDelivered returns an error for Platform.Send that says: this attempt has certainly
// not delivered the content, although err wraps the context's error, or
// ErrUnknownOutcome. That of nil is nil.
func NotDelivered(err error) error { return RetryAfter(err, 0) }

// RetryAfter returns an error for Platform.Send that says: this attempt has not
// delivered the content; it may be tried again, but not before that much time has
// passed: the longer of it and the spacing of Options.Jobs counts. That of nil is nil.
func RetryAfter(err error, wait time.Duration) error {
	if err == nil {
		return nil
	}
	return &undelivered{error: err, wait: wait}
}

// undelivered is an error with the word that an attempt has not delivered.
type undelivered struct {
	error

	forGood bool // no other can
	wait    time.Duration
}

// Unwrap returns the error that the word is about.
func (u *undelivered) Unwrap() error { return u.error }

// NotDelivered tells those who look at what a platform answers, such as its tests.
func (u *undelivered) NotDelivered() bool { return true }

// notInControlError is what a platform says of a content that another app in control keeps it
// from taking: it was not delivered.
type notInControlError struct{ text string }

// Error returns what the platform said.
func (n *notInControlError) Error() string { return n.text }

// Unwrap returns ErrNotInControl.
func (n *notInControlError) Unwrap() error { return ErrNotInControl }

// silence is what came of an attempt that gave no answer.
type silence struct{ text string }

// Error says what came instead.
func (s *silence) Error() string { return s.text }

// Unwrap returns jobs.ErrNoAnswer.
func (s *silence) Unwrap() error { return jobs.ErrNoAnswer }

// ask calls a platform to deliver.
func (c *core) ask(ctx context.Context, p Platform, d Delivery) (foreignID string, err error) {
	err = c.guarded(ctx, d.Source.Type, func() (err error) {
		foreignID, err = p.Send(ctx, d)
		return err
	})
	if held, ok := errors.AsType[*notInControlError](err); ok && d.Source.ThreadControl {
		err = held // not for good, whatever the platform says: it waits for control
	}
	return foreignID, err
}

// guarded calls a platform. No code of the platform is left in what it returns: its errors
// could panic where nobody is prepared.
func (c *core) guarded(ctx context.Context, sourceType string, call func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &silence{fmt.Sprintf("the platform panicked: %v", v)}
			c.opts.Logger.ErrorContext(ctx, "a platform panicked", slog.String("source_type", sourceType),
				slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
		}
	}()
	return heard(call())
}

// heard returns what the error of a platform means to a job.
func heard(err error) error {
	if err == nil {
		return nil
	}
	said := brieflyOf(err)
	sure, isSure := errors.AsType[*undelivered](err)
	switch {
	case errors.Is(err, ErrNotInControl) && isSure && sure.forGood:
		return jobs.Permanent(&notInControlError{said})
	case errors.Is(err, ErrNotInControl):
		return &notInControlError{said}
	case isSure && sure.forGood:
		return jobs.Permanent(errors.New(said))
	case isSure:
		return jobs.RetryAfter(errors.New(said), sure.wait)
	case leavesOpen(err):
		return &silence{said}
	}
	return errors.New(said)
}

// leavesOpen reports whether an error says that nobody knows what became of a request: it
// was not answered, but may have been sent.
func leavesOpen(err error) bool {
	if errors.Is(err, ErrUnknownOutcome) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	if request, ok := errors.AsType[*url.Error](err); ok && request.Op == "parse" {
		return false
	}
	// Without a connection nothing is sent.
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return false
	}
	for _, before := range []bool{
		is[*net.DNSError](err), is[*tls.CertificateVerificationError](err), is[tls.RecordHeaderError](err),
	} {
		if before {
			return false
		}
	}
	return is[*url.Error](err) || is[net.Error](err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
