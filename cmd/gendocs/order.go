package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// keyOrder gives the keys of every object of a JSON text in the order in which
// they stand there, by the object's JSON pointer.
func keyOrder(data []byte) (map[string][]string, error) {
	o := orderer{dec: json.NewDecoder(bytes.NewReader(data)), order: make(map[string][]string)}
	return o.order, o.value("")
}

type orderer struct {
	dec   *json.Decoder
	order map[string][]string
}

func (o *orderer) value(at string) error {
	t, err := o.dec.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		return o.object(at)
	case json.Delim('['):
		return o.list(at)
	}
	return nil
}

func (o *orderer) object(at string) error {
	for o.dec.More() {
		t, err := o.dec.Token()
		if err != nil {
			return err
		}
		key := fmt.Sprint(t)
		o.order[at] = append(o.order[at], key)
		if err := o.value(at + "/" + escape(key)); err != nil {
			return err
		}
	}
	_, err := o.dec.Token() // the closing brace
	return err
}

func (o *orderer) list(at string) error {
	for i := 0; o.dec.More(); i++ {
		if err := o.value(fmt.Sprintf("%s/%d", at, i)); err != nil {
			return err
		}
	}
	_, err := o.dec.Token() // the closing bracket
	return err
}
