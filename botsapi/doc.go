// Package botsapi is the endpoint through which bots ask for thread control (seed 001,
// "Using the endpoint"), as an [http.Handler] over an Engine. A host mounts it, and says
// who asks:
//
//	endpoint, err := botsapi.New(botsapi.Options{
//		Control: func(r *http.Request, token handover.AccessToken) (botsapi.Control, error) {
//			bot, ok := tokens.Bot(token.Reveal())
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
// control is requested: the bot is to pass it, with its app on the platform, or, if it posts
// through this library, with Control.Accept; one of the latter kind that has control and
// asks itself has passed it by that. From agent to bot it says that no intervention is
// engaged with the customer, and that control is on its way to the bot, or there already;
// with when_free it may also say that the bot waits. Control.Get and the events tell which.
//
// # Parameters
//
//	access_token           who asks; or the header Authorization: Bearer
//	identity_foreign_id    the platform's ID of the customer
//	from, to               the sides that have and get control: bot, agent
//	type                   the type of the source, such as messenger; or engage_virtual_agent
//	                       for a bot that posts through this library
//	app_id                 the bot that is to get control; needed for the types above
//	intervention_id        of engage_virtual_agent: the intervention that goes to the bot, and
//	                       so is not in its way; the customer need not be named then
//	thread_category_ids[]  the categories that the thread has from now on; as often as needed
//	trigger                the name of the bot's rule that caused it, for the events
//	source_id              the source, where several of the type know the customer, and of
//	                       engage_virtual_agent without an intervention
//	when_free              true: the bot gets control as soon as no intervention is engaged
//
// Those up to app_id are of seed 001, those up to trigger of later versions of the Engage
// Digital API, and the last two this library's own. Others are ignored.
//
// # What is refused
//
// The seed does not say how a request is refused. The status of the response is that of
// its JSON, which names the error and says what would help: see [handover.Response].
// [Respond] has the table.
package botsapi
