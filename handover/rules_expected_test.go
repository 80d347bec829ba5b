package handover_test

// expected says what is done when something happens, for each owner and whatever is under
// way: the name of an act, or that of an error. It is written by hand from what seed 001
// says of the protocol, a grid for each trigger and situation, and so in another form than
// the table, in which the first row that fits counts. In a situation that is not the usual
// one only those lines stand that differ.
//
// The usual situation: a side is primary, no intervention is engaged, bot-a has control or
// is to get it, and does what it does in the present epoch; it posts through this library,
// or there is no platform.
//
//nolint:dupword // it is a table
const expected = `
customer_writes              idle                  agent                 bot                   other
  still                      give                  nothing               nothing               nothing
  pass decided               nothing               nothing               nothing               nothing
  release decided            nothing               nothing               nothing               nothing
  requested                  nothing               nothing               nothing               nothing
  claimed                    nothing               nothing               nothing               nothing
  passing                    nothing               nothing               nothing               nothing
  pass overdue               nothing               nothing               nothing               nothing
  releasing                  nothing               nothing               nothing               nothing
customer_writes, nobody is primary
  still                      nothing               nothing               nothing               nothing

agent_sends                  idle                  agent                 bot                   other
  still                      reach                 send                  reach                 reach
  pass decided               reach                 withdraw              reach                 reach
  release decided            reach                 withdraw              reach                 reach
  requested                  hold                  hold                  hold                  hold
  claimed                    redirect              redirect              redirect              redirect
  passing                    hold                  hold                  hold                  hold
  pass overdue               hold                  hold                  hold                  hold
  releasing                  hold                  hold                  hold                  hold

agent_engages                idle                  agent                 bot                   other
  still                      nothing               nothing               reach                 reach
  pass decided               withdraw              withdraw              reach                 reach
  release decided            withdraw              withdraw              reach                 reach
  requested                  nothing               nothing               nothing               nothing
  claimed                    redirect              redirect              redirect              redirect
  passing                    in_progress           in_progress           in_progress           in_progress
  pass overdue               doubt                 doubt                 doubt                 doubt
  releasing                  nothing               nothing               nothing               nothing

others_engage                idle                  agent                 bot                   other
  still                      nothing               nothing               nothing               nothing
  pass decided               withdraw              withdraw              withdraw              withdraw
  release decided            withdraw              withdraw              withdraw              withdraw
  requested                  nothing               nothing               nothing               nothing
  claimed                    nothing               nothing               nothing               nothing
  passing                    in_progress           in_progress           in_progress           in_progress
  pass overdue               assume                assume                assume                assume
  releasing                  nothing               nothing               nothing               nothing
others_engage, it does not count
  pass decided               nothing               nothing               nothing               nothing
  release decided            nothing               nothing               nothing               nothing
  passing                    nothing               nothing               nothing               nothing
  pass overdue               nothing               nothing               nothing               nothing

bot_sends                    idle                  agent                 bot                   other
  still                      claim                 not_in_control        send                  not_in_control
  pass decided               not_in_control        not_in_control        send                  not_in_control
  release decided            not_in_control        not_in_control        send                  not_in_control
  requested                  not_in_control        not_in_control        send                  not_in_control
  claimed                    hold                  not_in_control        send                  not_in_control
  passing                    not_in_control        not_in_control        send                  not_in_control
  pass overdue               not_in_control        not_in_control        send                  not_in_control
  releasing                  not_in_control        not_in_control        send                  not_in_control
bot_sends, an agent is engaged
  still                      not_in_control        not_in_control        send                  not_in_control
  claimed                    not_in_control        not_in_control        send                  not_in_control
bot_sends, another bot
  still                      claim                 not_in_control        not_in_control        not_in_control
  pass decided               not_in_control        not_in_control        not_in_control        not_in_control
  release decided            not_in_control        not_in_control        not_in_control        not_in_control
  requested                  not_in_control        not_in_control        not_in_control        not_in_control
  claimed                    not_in_control        not_in_control        not_in_control        not_in_control
  passing                    not_in_control        not_in_control        not_in_control        not_in_control
  pass overdue               not_in_control        not_in_control        not_in_control        not_in_control
  releasing                  not_in_control        not_in_control        not_in_control        not_in_control
bot_sends, in an old epoch
  still                      claim                 not_in_control        stale_epoch           not_in_control
  pass decided               not_in_control        not_in_control        stale_epoch           not_in_control
  release decided            not_in_control        not_in_control        stale_epoch           not_in_control
  requested                  not_in_control        not_in_control        stale_epoch           not_in_control
  claimed                    hold                  not_in_control        stale_epoch           not_in_control
  passing                    not_in_control        not_in_control        stale_epoch           not_in_control
  pass overdue               not_in_control        not_in_control        stale_epoch           not_in_control
  releasing                  not_in_control        not_in_control        stale_epoch           not_in_control
bot_sends, the bot writes on the platform
  still                      claim                 not_in_control        not_in_control        not_in_control
  pass decided               not_in_control        not_in_control        not_in_control        not_in_control
  release decided            not_in_control        not_in_control        not_in_control        not_in_control
  requested                  not_in_control        not_in_control        not_in_control        not_in_control
  claimed                    hold                  not_in_control        not_in_control        not_in_control
  passing                    not_in_control        not_in_control        not_in_control        not_in_control
  pass overdue               not_in_control        not_in_control        not_in_control        not_in_control
  releasing                  not_in_control        not_in_control        not_in_control        not_in_control

handover_to_agent            idle                  agent                 bot                   other
  still                      reach                 nothing               request               wrong_from
  pass decided               reach                 withdraw              request               wrong_from
  release decided            reach                 withdraw              request               wrong_from
  requested                  redirect              nothing               redirect              wrong_from
  claimed                    redirect              nothing               redirect              wrong_from
  passing                    in_progress           in_progress           in_progress           wrong_from
  pass overdue               in_progress           in_progress           in_progress           wrong_from
  releasing                  in_progress           in_progress           in_progress           wrong_from
handover_to_agent, too often
  still                      too_many_handovers    nothing               too_many_handovers    wrong_from
  pass decided               too_many_handovers    withdraw              too_many_handovers    wrong_from
  release decided            too_many_handovers    withdraw              too_many_handovers    wrong_from
handover_to_agent, the bot says so
  still                      reach                 nothing               grant                 wrong_from
  pass decided               reach                 withdraw              grant                 wrong_from
  release decided            reach                 withdraw              grant                 wrong_from
handover_to_agent, the bot says so, too often
  still                      too_many_handovers    nothing               too_many_handovers    wrong_from
  pass decided               too_many_handovers    withdraw              too_many_handovers    wrong_from
  release decided            too_many_handovers    withdraw              too_many_handovers    wrong_from
handover_to_agent, a bot on the platform says so
handover_to_agent, another bot says so

handover_to_bot              idle                  agent                 bot                   other
  still                      pass                  pass                  nothing               wrong_from
  pass decided               nothing               nothing               nothing               wrong_from
  release decided            pass                  pass                  nothing               wrong_from
  requested                  in_progress           in_progress           nothing               wrong_from
  claimed                    in_progress           in_progress           nothing               wrong_from
  passing                    nothing               nothing               nothing               wrong_from
  pass overdue               nothing               nothing               nothing               wrong_from
  releasing                  in_progress           in_progress           nothing               wrong_from
handover_to_bot, another bot
  still                      pass                  pass                  pass                  wrong_from
  pass decided               pass                  pass                  pass                  wrong_from
  release decided            pass                  pass                  pass                  wrong_from
  requested                  in_progress           in_progress           in_progress           wrong_from
  claimed                    in_progress           in_progress           in_progress           wrong_from
  passing                    in_progress           in_progress           in_progress           wrong_from
  pass overdue               in_progress           in_progress           in_progress           wrong_from
  releasing                  in_progress           in_progress           in_progress           wrong_from
handover_to_bot, an agent is engaged
  still                      intervention_engaged  intervention_engaged  nothing               wrong_from
  release decided            intervention_engaged  intervention_engaged  nothing               wrong_from
handover_to_bot, an agent is engaged whose intervention goes along
handover_to_bot, another bot, an agent is engaged
  still                      intervention_engaged  intervention_engaged  intervention_engaged  wrong_from
  pass decided               intervention_engaged  intervention_engaged  intervention_engaged  wrong_from
  release decided            intervention_engaged  intervention_engaged  intervention_engaged  wrong_from
  requested                  in_progress           in_progress           in_progress           wrong_from
  claimed                    in_progress           in_progress           in_progress           wrong_from
  passing                    in_progress           in_progress           in_progress           wrong_from
  pass overdue               in_progress           in_progress           in_progress           wrong_from
  releasing                  in_progress           in_progress           in_progress           wrong_from
handover_to_bot, as soon as it is free
handover_to_bot, as soon as it is free, an agent is engaged
  still                      wait                  wait                  nothing               wrong_from
  release decided            wait                  wait                  nothing               wrong_from
handover_to_bot, another bot, as soon as it is free, an agent is engaged
  still                      wait                  wait                  wait                  wrong_from
  pass decided               wait                  wait                  wait                  wrong_from
  release decided            wait                  wait                  wait                  wrong_from
  requested                  in_progress           in_progress           in_progress           wrong_from
  claimed                    in_progress           in_progress           in_progress           wrong_from
  passing                    in_progress           in_progress           in_progress           wrong_from
  pass overdue               in_progress           in_progress           in_progress           wrong_from
  releasing                  in_progress           in_progress           in_progress           wrong_from
handover_to_bot, too often
  still                      too_many_handovers    too_many_handovers    nothing               wrong_from
  release decided            too_many_handovers    too_many_handovers    nothing               wrong_from
handover_to_bot, too often, as soon as it is free, an agent is engaged
  still                      too_many_handovers    too_many_handovers    nothing               wrong_from
  release decided            too_many_handovers    too_many_handovers    nothing               wrong_from
handover_to_bot, the bot of the settings
handover_to_bot, without an app
  still                      app_id_missing        app_id_missing        app_id_missing        wrong_from
  pass decided               app_id_missing        app_id_missing        app_id_missing        wrong_from
  release decided            app_id_missing        app_id_missing        app_id_missing        wrong_from
  requested                  app_id_missing        app_id_missing        app_id_missing        wrong_from
  claimed                    app_id_missing        app_id_missing        app_id_missing        wrong_from
  passing                    app_id_missing        app_id_missing        app_id_missing        wrong_from
  pass overdue               app_id_missing        app_id_missing        app_id_missing        wrong_from
  releasing                  app_id_missing        app_id_missing        app_id_missing        wrong_from
handover_to_bot, without an app, as soon as it is free, an agent is engaged
  still                      app_id_missing        app_id_missing        app_id_missing        wrong_from
  pass decided               app_id_missing        app_id_missing        app_id_missing        wrong_from
  release decided            app_id_missing        app_id_missing        app_id_missing        wrong_from
  requested                  app_id_missing        app_id_missing        app_id_missing        wrong_from
  claimed                    app_id_missing        app_id_missing        app_id_missing        wrong_from
  passing                    app_id_missing        app_id_missing        app_id_missing        wrong_from
  pass overdue               app_id_missing        app_id_missing        app_id_missing        wrong_from
  releasing                  app_id_missing        app_id_missing        app_id_missing        wrong_from
handover_to_bot, without an app, of a bot that nobody knows
  still                      app_id_missing        app_id_missing        app_id_missing        wrong_from
  pass decided               app_id_missing        app_id_missing        app_id_missing        wrong_from
  release decided            app_id_missing        app_id_missing        app_id_missing        wrong_from
  requested                  app_id_missing        app_id_missing        app_id_missing        wrong_from
  claimed                    app_id_missing        app_id_missing        app_id_missing        wrong_from
  passing                    app_id_missing        app_id_missing        app_id_missing        wrong_from
  pass overdue               app_id_missing        app_id_missing        app_id_missing        wrong_from
  releasing                  app_id_missing        app_id_missing        app_id_missing        wrong_from

engaged_ends                 idle                  agent                 bot                   other
  still                      next                  next                  next                  next
  pass decided               nothing               nothing               nothing               nothing
  release decided            nothing               nothing               nothing               nothing
  requested                  withdraw              nothing               withdraw              withdraw
  claimed                    nothing               nothing               nothing               nothing
  passing                    nothing               nothing               nothing               nothing
  pass overdue               nothing               nothing               nothing               nothing
  releasing                  nothing               nothing               nothing               nothing
engaged_ends, a content waits
  requested                  let go                nothing               let go                let go
engaged_ends, an agent is engaged
  requested                  nothing               nothing               nothing               nothing
engaged_ends, an agent is engaged, a content waits
  requested                  nothing               nothing               nothing               nothing
engaged_ends, a bot has handed over
  requested                  nothing               nothing               nothing               nothing
engaged_ends, a bot has handed over, a content waits
  requested                  nothing               nothing               nothing               nothing

inactivity                   idle                  agent                 bot                   other
  still                      nothing               expire                expire                expire
  pass decided               nothing               nothing               nothing               nothing
  release decided            nothing               nothing               nothing               nothing
  requested                  nothing               nothing               nothing               nothing
  claimed                    nothing               nothing               nothing               nothing
  passing                    nothing               nothing               nothing               nothing
  pass overdue               nothing               nothing               nothing               nothing
  releasing                  nothing               nothing               nothing               nothing
inactivity, an agent is engaged
  still                      nothing               nothing               expire                expire
inactivity, somebody has written
  still                      nothing               nothing               nothing               nothing

bot_accepts                  idle                  agent                 bot                   other
  still                      not_requested         not_requested         not_requested         not_requested
  pass decided               not_requested         not_requested         not_requested         not_requested
  release decided            not_requested         not_requested         not_requested         not_requested
  requested                  not_requested         not_requested         grant                 not_requested
  claimed                    not_requested         not_requested         not_requested         not_requested
  passing                    not_requested         not_requested         not_requested         not_requested
  pass overdue               not_requested         not_requested         not_requested         not_requested
  releasing                  not_requested         not_requested         not_requested         not_requested
bot_accepts, another bot
  requested                  not_requested         not_requested         not_requested         not_requested
bot_accepts, nobody has asked it yet
  requested                  not_requested         not_requested         not_requested         not_requested
bot_accepts, the bot writes on the platform
  requested                  not_requested         not_requested         pass_on_platform      not_requested

bot_declines                 idle                  agent                 bot                   other
  still                      not_requested         not_requested         not_requested         not_requested
  pass decided               not_requested         not_requested         not_requested         not_requested
  release decided            not_requested         not_requested         not_requested         not_requested
  requested                  not_requested         not_requested         fall back             not_requested
  claimed                    not_requested         not_requested         not_requested         not_requested
  passing                    not_requested         not_requested         not_requested         not_requested
  pass overdue               not_requested         not_requested         not_requested         not_requested
  releasing                  not_requested         not_requested         not_requested         not_requested
bot_declines, another bot
  requested                  not_requested         not_requested         not_requested         not_requested
bot_declines, nobody has asked it yet
  requested                  not_requested         not_requested         not_requested         not_requested
bot_declines, the bot writes on the platform
`
