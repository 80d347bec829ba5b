package flexapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/flexapi"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store/memory"
)

// A program that is written for the platform begins an interaction, and the agent to whom it
// is offered accepts it.
func Example() {
	ctx := context.Background()
	eng, err := engage.New(ctx, memory.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := eng.Sources.Create(ctx, interaction.Source{ID: "sms", Type: "sms", Active: true}); err != nil {
		log.Fatal(err)
	}
	const token = "from the host's own configuration"
	server := httptest.NewServer(flexapi.New(eng, flexapi.Options{Actor: func(r *http.Request) (engage.Actor, error) {
		if _, password, _ := r.BasicAuth(); password != token {
			return engage.Actor{}, flexapi.ErrUnauthorized
		}
		return engage.System(), nil
	}}))

	// The program's side.
	var answer struct {
		SID          string `json:"sid"`
		FriendlyName string `json:"friendly_name"`
		Status       string `json:"reservation_status"`
		Routing      struct {
			Properties struct {
				SID string `json:"sid"`
			} `json:"properties"`
		} `json:"routing"`
		Activities, Reservations []struct {
			SID          string `json:"sid"`
			FriendlyName string `json:"friendly_name"`
		}
	}
	ask := func(method, path string, form url.Values) {
		request, err := http.NewRequestWithContext(ctx, method, server.URL+"/v1/"+path, strings.NewReader(form.Encode()))
		if err != nil {
			log.Fatal(err)
		}
		request.SetBasicAuth("AC…", token)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := server.Client().Do(request)
		if err != nil {
			log.Fatal(err)
		}
		if err := errors.Join(json.NewDecoder(response.Body).Decode(&answer), response.Body.Close()); err != nil {
			log.Fatal(err)
		}
	}

	ask("POST", "Workspaces", url.Values{"FriendlyName": {"Support"}})
	workspace := answer.SID
	ask("POST", "Workspaces/"+workspace+"/TaskQueues", url.Values{"FriendlyName": {"English"}, "TargetWorkers": {"languages HAS 'en'"}})
	ask("POST", "Workspaces/"+workspace+"/Workflows", url.Values{
		"FriendlyName": {"Everything"}, "Configuration": {`{"task_routing":{"default_filter":{"queue":"` + answer.SID + `"}}}`},
	})
	ask("GET", "Workspaces/"+workspace+"/Activities?Available=true", nil)
	ask("POST", "Workspaces/"+workspace+"/Workers", url.Values{
		"FriendlyName": {"ann"}, "ActivitySid": {answer.Activities[0].SID}, "Attributes": {`{"languages":["en"]}`},
	})
	ask("POST", "Interactions", url.Values{
		"Channel": {`{"type":"sms","initiated_by":"api","participants":[{"address":"+13115552368","proxy_address":"+192555512345"}]}`},
		"Routing": {`{"properties":{"workspace_sid":"` + workspace + `","task_channel_unique_name":"sms"}}`},
	})
	if _, err := eng.RunDue(ctx); err != nil { // Run does so all the time
		log.Fatal(err)
	}
	reservations := "Workspaces/" + workspace + "/Tasks/" + answer.Routing.Properties.SID + "/Reservations"
	ask("GET", reservations, nil)
	ask("POST", reservations+"/"+answer.Reservations[0].SID, url.Values{"ReservationStatus": {"accepted"}})
	fmt.Println(answer.Status)
	server.Close()
	// Output:
	// accepted
}
