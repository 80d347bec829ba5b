package engage_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// plainHTTP is the platform that one writes at first: it returns whatever error there is.
type plainHTTP struct {
	client *http.Client
	url    string
}

func (p plainHTTP) Send(ctx context.Context, d engage.Delivery) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader(d.Content.Body))
	if err != nil {
		return "", err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	id, err := io.ReadAll(response.Body)
	return string(id), err
}

// TestLostConnections: what package net/http says of a request that may have arrived is
// doubt, and what it says of one that cannot have is none.
func TestLostConnections(t *testing.T) {
	t.Parallel()
	cut := func(w http.ResponseWriter, answer string) { // after the request was read
		conn, buffer, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = buffer.WriteString(answer)
			_ = buffer.Flush()
			_ = conn.Close()
		}
	}
	serve := func(tb testing.TB, h http.HandlerFunc) plainHTTP {
		tb.Helper()
		server := httptest.NewServer(h)
		tb.Cleanup(server.Close)
		return plainHTTP{server.Client(), server.URL}
	}
	for _, row := range []struct {
		name     string
		platform func(testing.TB) plainHTTP
		doubt    bool
	}{
		{"the connection ends without an answer", func(tb testing.TB) plainHTTP {
			tb.Helper()
			return serve(tb, func(w http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body); cut(w, "") })
		}, true},
		{"the connection ends in the middle of the answer", func(tb testing.TB) plainHTTP {
			tb.Helper()
			return serve(tb, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadAll(r.Body)
				cut(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nm1")
			})
		}, true},
		{"what answers is no HTTP", func(tb testing.TB) plainHTTP {
			tb.Helper()
			return serve(tb, func(w http.ResponseWriter, _ *http.Request) { cut(w, "hello\r\n\r\n") })
		}, true},
		{"nobody listens", func(tb testing.TB) plainHTTP {
			tb.Helper()
			listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				tb.Fatal(err)
			}
			defer func() { _ = listener.Close() }()
			return plainHTTP{http.DefaultClient, "http://" + listener.Addr().String()}
		}, false},
		{"the certificate is not known", func(tb testing.TB) plainHTTP {
			tb.Helper()
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			server.StartTLS()
			tb.Cleanup(server.Close)
			return plainHTTP{http.DefaultClient, server.URL}
		}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			platform := row.platform(t)
			d := newDesk(t, func(o *engage.Options) { o.Platforms = map[string]engage.Platform{"messenger": platform} })
			talk := d.writes("eve", "hello?")
			d.engages(ann, talk.ThreadID)
			posted := d.replies(ann, talk.ThreadID, "hi")
			d.runs()
			is := must(d.Contents.Get(t.Context(), posted.ID))(t)
			job := must(d.Jobs.Get(t.Context(), is.JobID))(t)
			want := engage.JobPending
			if row.doubt {
				want = engage.JobUncertain
			}
			if is.Uncertain != row.doubt || job.State != want || is.Error == "" {
				t.Errorf("uncertain: %v, job %s, error %q", is.Uncertain, job.State, is.Error)
			}
		})
	}
}

// TestFailedDeliveriesAreTakenOffTheList: a person who has seen that a delivery failed
// settles it, one way or the other.
func TestFailedDeliveriesAreTakenOffTheList(t *testing.T) {
	t.Parallel()
	for _, delivered := range []bool{false, true} {
		d := newDesk(t)
		talk := d.writes("eve", "hello?")
		d.engages(ann, talk.ThreadID)
		d.platform.Will(platformtest.Fail(engage.Permanent(io.ErrClosedPipe)))
		posted := d.replies(ann, talk.ThreadID, "hi")
		d.runs()
		settlement := engage.Settlement{Delivered: delivered}
		if err := d.Jobs.Settle(t.Context(), posted.JobID, settlement); err != nil {
			t.Fatal(err)
		}
		if list := must(d.Jobs.List(t.Context(), engage.JobFilter{State: engage.JobFailed}))(t); len(list.Items) != 0 {
			t.Errorf("%d failed jobs are left", len(list.Items))
		}
		want := interaction.SyncFailure
		if delivered {
			want = interaction.SyncSuccess
		}
		if is := must(d.Contents.Get(t.Context(), posted.ID))(t); is.Synchronization.Status != want {
			t.Errorf("delivered: %v, and the content is %s", delivered, is.Synchronization.Status)
		}
	}
}

// TestSourcesDoNotShareACommunityByAccident: a source that names no community has one of
// its own, so it must not have the name of one that others share.
func TestSourcesDoNotShareACommunityByAccident(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	must(d.Sources.Create(t.Context(), interaction.Source{ID: "page-a", Type: "messenger", CommunityID: "shop"}))(t)
	_, err := d.Sources.Create(t.Context(), interaction.Source{ID: "shop", Type: "messenger"})
	if !errors.Is(err, engage.ErrConflict) {
		t.Errorf("%v, want a conflict", err)
	}
	must(d.Sources.Create(t.Context(), interaction.Source{ID: "shop", Type: "messenger", CommunityID: "shop"}))(t)
	_, err = d.Sources.Create(t.Context(), interaction.Source{ID: "mail", Type: "email", CommunityID: "shop"})
	if !errors.Is(err, engage.ErrConflict) {
		t.Errorf("%v, want a conflict", err)
	}
}
