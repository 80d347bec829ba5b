package routing

import (
	"fmt"
	"slices"
	"strings"
)

// whatsApp begins the addresses of WhatsApp.
const whatsApp = "whatsapp:"

// reserved are the characters that URIs give a meaning to (seed 003, "identity").
const reserved = "!*'();:@&=+$,/?%#[]"

func (f *findings) participants(path string, c ChannelRequest) {
	if len(c.Participants) > MaxParticipants {
		f.problem(path, CodeParticipant, fmt.Sprintf("are more than %d", MaxParticipants))
		return
	}
	to := false
	for n, p := range c.Participants {
		f.participant(fmt.Sprintf("%s[%d]", path, n), c.Type, p)
		to = to || p.Level == EmailTo
	}
	if c.Type == ChannelEmail && len(c.Participants) > 0 && !to {
		f.warn(path, "nobody has the level to")
	}
}

// participant finds what is wrong with a participant of a channel.
func (f *findings) participant(path string, t ChannelType, p ParticipantRequest) {
	for _, text := range []struct{ name, text string }{
		{".address", p.Address},
		{".proxy_address", p.ProxyAddress},
		{".identity", p.Identity},
		{".name", p.Name},
	} {
		f.text(path+text.name, CodeParticipant, text.text)
	}
	switch t {
	case ChannelSMS, ChannelWhatsApp:
		f.addressed(path, t, p)
	case ChannelChat, ChannelWeb:
		f.needs(path+".identity", p.Identity, "on chat and web")
		f.not(path+".address", p.Address, "on chat and web")
		f.not(path+".proxy_address", p.ProxyAddress, "on chat and web")
	case ChannelEmail:
		f.emailed(path, p)
	case ChannelMessenger, ChannelGBM:
		if (p.Identity == "") == (p.Address == "" && p.ProxyAddress == "") {
			f.problem(path, CodeParticipant, "must have either identity, or address and proxy_address")
		} else if p.Identity == "" {
			f.needs(path+".address", p.Address, "beside proxy_address")
			f.needs(path+".proxy_address", p.ProxyAddress, "beside address")
		}
	}
	if t != ChannelEmail && p.Level != "" {
		f.warn(path+".level", "is for email only, and ignored")
	}
	if strings.ContainsAny(p.Identity, reserved) {
		f.warn(path+".identity", "has characters that are reserved in URIs: one of "+reserved)
	}
	if (t == ChannelChat || t == ChannelWeb) && strings.ContainsAny(p.Name, reserved) {
		f.warn(path+".name", "has characters that are reserved in URIs: one of "+reserved)
	}
}

// addressed finds what is wrong with a participant who has a telephone.
func (f *findings) addressed(path string, t ChannelType, p ParticipantRequest) {
	on := "on " + string(t)
	f.needs(path+".address", p.Address, on)
	f.needs(path+".proxy_address", p.ProxyAddress, on)
	f.not(path+".identity", p.Identity, on)
	for _, address := range []struct{ name, text string }{{".address", p.Address}, {".proxy_address", p.ProxyAddress}} {
		rest, is := strings.CutPrefix(address.text, whatsApp)
		switch {
		case address.text == "":
		case t == ChannelWhatsApp && (!is || rest == ""):
			f.problem(path+address.name, CodeParticipant, "must begin with whatsapp: and go on with a number, such as whatsapp:+19251235555")
		case t == ChannelSMS && is:
			f.problem(path+address.name, CodeParticipant, "is one of WhatsApp, the channel is sms")
		}
	}
}

// emailed finds what is wrong with a participant of an email.
func (f *findings) emailed(path string, p ParticipantRequest) {
	f.needs(path+".level", string(p.Level), "on email")
	if p.Level != "" && !slices.Contains(EmailLevels(), p.Level) {
		f.problem(path+".level", CodeParticipant, "must be one of "+names(EmailLevels()))
	}
	f.needs(path+".name", p.Name, "on email")
	f.needs(path+".address", p.Address, "on email")
	if p.Address != "" && !strings.Contains(strings.Trim(p.Address, "@"), "@") {
		f.problem(path+".address", CodeParticipant, "must be the address of an email")
	}
	f.not(path+".identity", p.Identity, "on email")
	f.not(path+".proxy_address", p.ProxyAddress, "on email")
}

// needs finds what is missing of a participant, not finds what is too much.
func (f *findings) needs(path, text, where string) {
	if text == "" {
		f.problem(path, CodeParticipant, missing+where)
	}
}

func (f *findings) not(path, text, where string) {
	if text != "" {
		f.problem(path, CodeParticipant, "must not be there "+where)
	}
}
