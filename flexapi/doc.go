// Package flexapi lets programs that are written for Twilio Flex talk to an Engine: it serves
// the Flex Interactions API (seed 003) and TaskRouter's REST API as an [http.Handler].
//
//	http.Handle("/v1/", flexapi.New(eng, flexapi.Options{
//		Actor: func(r *http.Request) (engage.Actor, error) {
//			account, token, _ := r.BasicAuth() // what client libraries send
//			agent, ok := tokens.Agent(account, token)
//			if !ok {
//				return engage.Actor{}, flexapi.ErrUnauthorized
//			}
//			return engage.Agent(agent), nil
//		},
//		Base: routing.Base{Flex: "https://flex.example.com", TaskRouter: "https://flex.example.com"},
//	}))
//
// A program then does as it does with the platform:
//
//	curl https://flex.example.com/v1/Interactions -u $ACCOUNT:$TOKEN \
//		--data-urlencode 'Channel={"type":"sms","initiated_by":"api","participants":[{"address":"+13115552368","proxy_address":"+192555512345"}]}' \
//		--data-urlencode 'Routing={"properties":{"workspace_sid":"WS…","workflow_sid":"WW…"}}'
//
// Client libraries know the platform's hosts only, flex-api.twilio.com and
// taskrouter.twilio.com. That of Go sends its requests through an [http.RoundTripper] that
// can name another one, that of Node has a baseUrl to be set; the paths of the two APIs do not
// collide, so one host is enough for both.
//
// # What there is
//
//	/v1/Interactions                                     GET POST
//	/v1/Interactions/{KD}                                GET POST
//	/v1/Interactions/{KD}/Channels                       GET
//	…/Channels/{UO}                                      GET POST
//	…/Channels/{UO}/Invites                              GET POST
//	…/Channels/{UO}/Participants                         GET POST
//	…/Channels/{UO}/Participants/{UT}                    POST
//	…/Channels/{UO}/Transfers                            GET POST
//	…/Channels/{UO}/Transfers/{UX}                       GET POST
//
//	/v1/Workspaces                                       GET POST
//	/v1/Workspaces/{WS}                                  GET POST DELETE
//	…/{WS}/Activities, TaskChannels, TaskQueues,
//	       Workflows, Workers                            GET POST
//	…/{WS}/Activities/{WA}, TaskChannels/{TC}, TaskQueues/{WQ},
//	       Workflows/{WW}, Workers/{WK}                  GET POST DELETE
//	…/{WS}/TaskQueues/{WQ}/RealTimeStatistics            GET
//	…/{WS}/Workers/{WK}/Channels                         GET
//	…/{WS}/Workers/{WK}/Channels/{WC}                    GET POST
//	…/{WS}/Tasks                                         GET POST
//	…/{WS}/Tasks/{WT}                                    GET POST
//	…/{WS}/Tasks/{WT}/Reservations, Workers/{WK}/Reservations           GET
//	…/{WS}/Tasks/{WT}/Reservations/{WR}, Workers/{WK}/Reservations/{WR} GET POST
//
// The list of interactions is beyond the platform, which has none; it can be narrowed by
// InteractionContextSid, or by WorkspaceSid and, with that, ChannelStatus. So is the list of
// transfers. What the platform has and this endpoint has not: tasks are canceled and completed,
// not deleted; Events, and Statistics but those of a queue now; webhooks, which the Engine's
// events stand for; and whatever is about telephone calls.
//
// # Requests
//
// A GET has its parameters in the query, a POST in a form (application/x-www-form-urlencoded)
// of at most [MaxBody] bytes, of which some are JSON; transfers are JSON. The platform does not
// document their body: to begin one it is {"type":"cold","to":"WK…"}, with the names that a
// transfer is shown with and attributes, and to give one up {"status":"canceled"}.
//
// Parameters that are not known are ignored, except those that the platform has and this
// endpoint has not: these are refused. Beyond the platform are AgentId of a worker, which is
// the agent as whom they act; and, where a task, a reservation or a participant is completed, or
// a channel ends, DispositionId, as often as needed.
//
// An interaction is created once for an Idempotency-Key or an I-Twilio-Idempotency-Token,
// which are headers; nothing else has such.
//
// Tasks, workers and reservations have a version, which is their ETag. A request whose header
// If-Match names another one is refused with 412.
//
// # Answers
//
// What is shown is what package routing shows: see its View methods. Of a list it is a page,
// by PageSize, 1 to [MaxPageSize], and in meta the URLs of the next page, and the one before.
// Who asks for a FriendlyName has it on the first page; of a list that is narrowed by something
// else, a page can be short, even empty, before the end: go on as long as there is a
// next_page_url.
// A creation is answered with 201, and with 200 in the Flex Interactions API, except of
// transfers (its documentation, and seed 003); a deletion with 204.
//
// An error is {"code":20001,"message":"…","more_info":"…","status":400}. The problems of a
// request, all of them, each with its path, are in details.problems: first of what cannot be
// read, and, if all can, of what cannot be so, or names what is not there.
//
//	status  code       why
//	400     20001      the request is wrong, or not possible in the state that things are in
//	        45351 …    the same, where the platform has a code for it: see package routing
//	401     20003      nobody knows who asks (Options.Actor)
//	403     20403      whoever asks may not (Options.Authorize of the Engine; without one, to answer
//	                   for the reservation of somebody else is a 400)
//	404     20404      there is no such resource; the digits of a SID may be in either case
//	405     20004      the resource has no such method; the header Allow says which
//	409     20409      the name is taken; or others change the same now: try again
//	412     20412      If-Match names another version
//	413     20413      the body is longer than MaxBody
//	415     20415      the body is of another type
//	429     20429      too often (Options.Actor)
//	500     20500      a fault of the server, of which nothing is told
//	503     20503      the store cannot do it now, or nobody knows whether it has
package flexapi
