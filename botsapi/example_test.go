package botsapi_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/botsapi"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store/memory"
)

// A bot asks for control while an agent is engaged with the customer, and again when she
// has let go of them.
func Example() {
	ctx := context.Background()
	eng, err := engage.New(ctx, memory.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := eng.Sources.Create(ctx, interaction.Source{ID: "web", Type: "chat", Active: true}); err != nil {
		log.Fatal(err)
	}
	if err := eng.Control.Configure(ctx, "web", handover.Settings{Primary: handover.Agent}); err != nil {
		log.Fatal(err)
	}

	const secret = "from the host's own configuration"
	endpoint, err := botsapi.New(botsapi.Options{
		Control: func(_ *http.Request, token handover.AccessToken) (botsapi.Control, error) {
			if !token.Is(secret) {
				return nil, botsapi.ErrUnauthorized
			}
			return eng.As(engage.Bot("shop-bot")).Control, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(botsapi.Path, endpoint)
	server := httptest.NewServer(mux)

	// The bot's side.
	ask := func(query string) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+botsapi.Path+"?"+query, http.NoBody)
		if err != nil {
			log.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+secret) // or the parameter access_token
		response, err := server.Client().Do(request)
		if err != nil {
			log.Fatal(err)
		}
		var answer handover.Response
		if err := errors.Join(json.NewDecoder(response.Body).Decode(&answer), response.Body.Close()); err != nil {
			log.Fatal(err)
		}
		fmt.Println(answer.Status, cmp.Or(answer.Error, answer.Message))
		for _, i := range answer.Interventions {
			fmt.Printf("in the way: %s's, which is %s\n", i.Owner, i.Status)
		}
	}

	received, err := eng.Threads.Receive(ctx, engage.Inbound{
		SourceID: "web", Customer: engage.Account{ForeignID: "ada"}, Message: interaction.Message{Body: "Is anybody there?"},
	})
	if err != nil {
		log.Fatal(err)
	}
	ann := eng.As(engage.Agent("ann"))
	hers, err := ann.Interventions.Engage(ctx, engage.Engagement{ThreadID: received.ThreadID})
	if err != nil {
		log.Fatal(err)
	}
	const toBot = "identity_foreign_id=ada&from=agent&to=bot&type=chat&app_id=shop-bot"
	ask(toBot)
	if _, err := ann.Interventions.Cancel(ctx, hers.ID); err != nil {
		log.Fatal(err)
	}
	ask(toBot)
	server.Close()
	// Output:
	// 422 intervention_engaged
	// in the way: agent ann's, which is open
	// 200 Success
}
