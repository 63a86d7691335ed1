package model

import (
	"fmt"
	"log/slog"
)

// Shown is what every printing method of a Secret says.
const Shown = "(secret)"

// Secret is a value that cannot be printed. It is one of: a reference not yet
// resolved, a resolved value, or the statement that the server holds it.
// Only the packages secret and remote may call Reveal (arch_test.go checks).
type Secret struct {
	ref      string
	value    string
	resolved bool
	server   bool
}

// SecretRef is a secret that still has to be fetched. ref names the place and
// holds nothing secret, for example "env:CORP_OIDC_SECRET".
func SecretRef(ref string) Secret { return Secret{ref: ref} }

// SecretValue is a secret whose value is known, with the place it came from.
func SecretValue(ref, value string) Secret {
	return Secret{ref: ref, value: value, resolved: true}
}

// ServerSecret is a secret that the server holds and nobody manages.
func ServerSecret() Secret { return Secret{server: true} }

// Ref names the place the secret comes from; empty when it was read from a server.
func (s Secret) Ref() string { return s.ref }

// Resolved tells whether the value is known.
func (s Secret) Resolved() bool { return s.resolved }

// Server tells that the value is not managed: never compared and never sent.
func (s Secret) Server() bool { return s.server }

// Reveal gives the plain value. It is for the wire alone.
func (s Secret) Reveal() string { return s.value }

// Equal compares values, not places. Two secrets of which one is not resolved
// are never equal: nothing is known about them.
func (s Secret) Equal(o Secret) bool {
	if s.server || o.server {
		return s.server == o.server
	}
	return s.resolved && o.resolved && s.value == o.value
}

// String, Format, GoString, MarshalJSON, MarshalText, MarshalYAML and LogValue
// keep the value out of every way of printing.
func (s Secret) String() string { return Shown }

// Format implements fmt.Formatter for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Shown)) }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return Shown }

// MarshalJSON implements json.Marshaler.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Shown + `"`), nil }

// MarshalText implements encoding.TextMarshaler.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Shown), nil }

// MarshalYAML implements yaml.Marshaler.
func (s Secret) MarshalYAML() (any, error) { return Shown, nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Shown) }
