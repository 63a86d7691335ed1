package reconcile

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// wireDiagnostic is a complaint as it travels: it is said in the language of who
// reads it, so its sentences go as they are, with their arguments.
type wireDiagnostic struct {
	diagnostic.Diagnostic
	Message, Hint wireText // in place of the complaint's own
}

type wireText struct {
	ID   string
	Args []wireArg `json:",omitempty"`
}

// wireArg is a text, a whole number or a sentence.
type wireArg struct{ value any }

func wiredDiagnostic(d diagnostic.Diagnostic) wireDiagnostic {
	return wireDiagnostic{Diagnostic: d, Message: wiredText(d.Message), Hint: wiredText(d.Hint)}
}

func (w wireDiagnostic) read() diagnostic.Diagnostic {
	d := w.Diagnostic
	d.Message, d.Hint = w.Message.read(), w.Hint.read()
	return d
}

func wiredText(t diagnostic.Text) wireText {
	w := wireText{ID: t.ID}
	for _, a := range t.Args {
		w.Args = append(w.Args, wireArg{a})
	}
	return w
}

func (w wireText) read() diagnostic.Text {
	t := diagnostic.Text{ID: w.ID}
	for _, a := range w.Args {
		t.Args = append(t.Args, a.value)
	}
	return t
}

// MarshalJSON implements json.Marshaler. What is neither a number nor a sentence
// goes as what it says: no sentence shows more of it.
func (a wireArg) MarshalJSON() ([]byte, error) {
	switch v := a.value.(type) {
	case diagnostic.Text:
		return json.Marshal(wiredText(v))
	case string:
		return json.Marshal(v)
	}
	if v := reflect.ValueOf(a.value); v.IsValid() && v.CanInt() {
		return strconv.AppendInt(nil, v.Int(), 10), nil
	}
	return json.Marshal(fmt.Sprint(a.value))
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *wireArg) UnmarshalJSON(text []byte) error {
	var number int
	if json.Unmarshal(text, &number) == nil {
		a.value = number
		return nil
	}
	var words string
	if json.Unmarshal(text, &words) == nil {
		a.value = words
		return nil
	}
	var sentence wireText
	if err := json.Unmarshal(text, &sentence); err != nil {
		return err
	}
	a.value = sentence.read()
	return nil
}
