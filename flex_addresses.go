package engage

import (
	"context"
	"errors"
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// Address says on which source customers are reached who write to an address of the
// company, as an address configuration of the platform does.
type Address struct {
	Type routing.ChannelType `json:"type"`
	// Address is the company's: proxy_address of a participant, or from of an email. Empty:
	// whatever address of this type has no source of its own.
	Address  string `json:"address"`
	SourceID string `json:"source_id"`
}

// ID returns what Options.Authorize is told of an address: its type and itself.
func (a Address) ID() string { return string(a.Type) + "/" + a.Address }

func addressID(typ routing.ChannelType, address string) string {
	return hashOf(string(typ), address)
}

func addressResource(a Address) Resource { return Resource{Type: ResourceFlexAddress, ID: a.ID()} }

// SetAddress says on which source the conversations are opened that interactions of a type
// begin from an address of the company, in place of what was said before. Where nothing is
// said for an address, nor for all of its type, and there is one source whose Type is that of
// the channel, it is that one.
//
// The error wraps ErrInvalid if there is no such type of channel, or no such source.
func (s Flex) SetAddress(ctx context.Context, address Address) error {
	if err := s.allow(ctx, ActionFlexConfigure, addressResource(address)); err != nil {
		return err
	}
	if !slices.Contains(routing.ChannelTypes(), address.Type) {
		return invalid("type", "is no type of channel")
	}
	if err := checkHostText("address", address.Address); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		if _, err := t.source(ctx, address.SourceID); err != nil {
			if errors.Is(err, ErrNotFound) {
				err = &InvalidError{Field: "source_id", Err: err}
			}
			return err
		}
		if _, err := addresses.Get(ctx, t.Work, addressID(address.Type, address.Address)); err != nil {
			return err
		}
		return addresses.Put(t.Work, &address)
	})
}

// Address returns what was said for an address of a type.
func (s Flex) Address(ctx context.Context, typ routing.ChannelType, address string) (Address, error) {
	named := Address{Type: typ, Address: address}
	if err := s.allow(ctx, ActionFlexRead, addressResource(named)); err != nil {
		return Address{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*Address, error) {
		return need(addresses.Get(ctx, t.Work, addressID(typ, address)))(addressResource(named))
	})
}

// Addresses returns one page of all that was said, in no order of meaning.
func (s Flex) Addresses(ctx context.Context, limit int, continuation string) (Page[Address], error) {
	if err := s.allow(ctx, ActionFlexRead, Resource{Type: ResourceFlexAddress}); err != nil {
		return Page[Address]{}, err
	}
	return listPage(ctx, s.scope, &addresses, store.Query{Limit: limit, Cursor: continuation}, everything)
}

// RemoveAddress takes back what was said for an address of a type. If that was nothing, it
// does nothing.
func (s Flex) RemoveAddress(ctx context.Context, typ routing.ChannelType, address string) error {
	named := Address{Type: typ, Address: address}
	if err := s.allow(ctx, ActionFlexConfigure, addressResource(named)); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		there, err := addresses.Get(ctx, t.Work, addressID(typ, address))
		if err != nil || there == nil {
			return err
		}
		return addresses.Delete(t.Work, there)
	})
}

// sourceFor returns the source on which a conversation is opened from an address of the
// company; nil: there is none, or nobody has said which.
func (t *turn) sourceFor(ctx context.Context, typ routing.ChannelType, address string) (*interaction.Source, error) {
	for _, address := range []string{address, ""} {
		said, err := addresses.Get(ctx, t.Work, addressID(typ, address))
		if err != nil {
			return nil, err
		}
		if said != nil {
			return t.source(ctx, said.SourceID)
		}
	}
	// No guard says how many sources of a type there are: one that is created at this moment
	// counts as created afterwards.
	of, _, err := sources.Find(ctx, t.Work, store.Query{Index: byType, Prefix: idTerm(plain(string(typ))).String(), Limit: 2})
	if err != nil || len(of) != 1 {
		return nil, err
	}
	return t.source(ctx, of[0].ID)
}
