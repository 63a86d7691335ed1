package model

import (
	"cmp"
	"fmt"
	"strings"
)

// Key names one resource in the configuration's words. It never holds a
// server id, except that an object no document claims may be named by its id.
type Key struct {
	Kind Kind
	Name string
}

// String writes the key as "application/portal" or "enablement/portal/corp".
func (k Key) String() string {
	return k.Kind.trait().Prefix + "/" + k.Name
}

// MarshalText writes the key as String does, so that keys may stand in JSON.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote, the zero key too.
func (k *Key) UnmarshalText(text []byte) error {
	if string(text) == (Key{}).String() {
		*k = Key{}
		return nil
	}
	read, err := ParseKey(string(text))
	if err == nil {
		*k = read
	}
	return err
}

// Compare orders keys by the rank of their kind, then by name.
func (k Key) Compare(o Key) int {
	if k.Kind != o.Kind {
		if c := cmp.Compare(k.Kind.trait().Rank, o.Kind.trait().Rank); c != 0 {
			return c
		}
	}
	return strings.Compare(k.Name, o.Name)
}

// EnablementKey names the step that makes connection a login button of
// application; both are handles.
func EnablementKey(application, connection string) Key {
	return Key{Enablement, application + "/" + connection}
}

// Ends splits an enablement's key into the application and the connection it
// joins; ok is false for every other kind.
func (k Key) Ends() (application, connection Key, ok bool) {
	if k.Kind != Enablement {
		return Key{}, Key{}, false
	}
	a, c, found := strings.Cut(k.Name, "/")
	return Key{Application, a}, Key{Connection, c}, found
}

// Owner is the resource whose steps must never run beside this one's: an
// enablement belongs to its application, everything else to itself.
func (k Key) Owner() Key {
	if a, _, ok := k.Ends(); ok {
		return a
	}
	return k
}

// ParseKey reads what String writes.
func ParseKey(s string) (Key, error) {
	prefix, name, found := strings.Cut(s, "/")
	for _, t := range Kinds {
		if t.Prefix == prefix && found && name != "" {
			return Key{t.Kind, name}, nil
		}
	}
	return Key{}, fmt.Errorf("%q is no key: want <kind>/<name>, for example application/portal", s)
}
