// Package botsapi is the endpoint through which bots ask for thread control (seed 001,
// "Using the endpoint"), as an [http.Handler] over an Engine. A host mounts it, and says
// who asks:
//
//	endpoint, err := botsapi.New(botsapi.Options{
//		Control: func(r *http.Request, accessToken string) (botsapi.Control, error) {
//			bot, ok := tokens.Bot(accessToken)
//			if !ok {
//				return nil, botsapi.ErrUnauthorized
//			}
//			return eng.As(engage.Bot(bot)).Control, nil
//		},
//	})
//	mux.Handle(botsapi.Path, endpoint)
//
// A bot then asks as the seed has it:
//
//	curl -X POST "https://…/1.0/bots/handover?access_token=…&identity_foreign_id=…&from=bot&to=agent&type=messenger"
//
// and is answered {"status":200,"message":"Success"}. From bot to agent that says that
// control is requested: the bot's app is to pass it, or, where the bot posts through this
// library and is who asks, that the agents have it. From agent to bot it says that no
// intervention is engaged with the customer, and that control is being passed.
//
// # What is refused
//
// The seed does not say how a request is refused. The status of the response is that of
// its JSON, which names the error and says what would help: see [handover.Response].
// [Respond] has the table.
package botsapi
