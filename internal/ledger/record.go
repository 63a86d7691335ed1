package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// A record is one line of JSON whose first member is its checksum:
//
//	{"sum":"0123456789abcdef","intent":{...}}
//
// The checksum covers the bytes after it and the checksum of the line before,
// so that a log is a chain from its first line on.

// version is the format of every file of a ledger. A reader refuses a higher one.
const version = 1

const (
	sumSize  = 16 // hexadecimal digits
	sumHead  = `{"sum":"`
	noSum    = "0000000000000000"
	bodyFrom = len(sumHead) + sumSize + len(`",`)
)

// rawRecord is a line as it was read; it is written again with a new checksum.
type rawRecord []byte

// chain is the checksum of the last line; "" before the first.
type chain string

// record writes v, which must encode as a mapping that is not empty, behind what
// to holds, as the line after the chain, and gives the chain after it. With an
// error to is given back as it was.
func (c chain) record(to []byte, v any) (longer []byte, next chain, err error) {
	out := &growing{append(append(append(to, sumHead...), noSum...), '"')}
	line := len(to)
	if raw, ok := v.(rawRecord); ok {
		out.b = append(append(append(out.b, ','), raw[bodyFrom:]...), '\n')
	} else {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			return to, c, err
		}
		out.b[line+bodyFrom-1] = ',' // in the place of the brace
	}
	next = c.sum(out.b[line+bodyFrom : len(out.b)-1])
	copy(out.b[line+len(sumHead):], next)
	return out.b, next, nil
}

// growing takes what is written to it behind what it has.
type growing struct{ b []byte }

func (g *growing) Write(p []byte) (int, error) {
	g.b = append(g.b, p...)
	return len(p), nil
}

func (c chain) sum(body []byte) chain {
	h := sha256.New()
	h.Write([]byte(c))
	h.Write(body)
	var out [sha256.Size]byte
	return chain(hex.EncodeToString(h.Sum(out[:0])[:sumSize/2]))
}

// follows tells whether the line, without its newline, is the one after the
// chain, and gives the chain after it.
func (c chain) follows(line []byte) (next chain, ok bool) {
	if len(line) <= bodyFrom || !bytes.HasPrefix(line, []byte(sumHead)) {
		return c, false
	}
	next = c.sum(line[bodyFrom:])
	return next, string(next) == string(line[len(sumHead):len(sumHead)+sumSize])
}

// cutLine gives the first line of data without its newline; whole tells that
// there was one.
func cutLine(data []byte) (line []byte, whole bool) {
	line, _, whole = bytes.Cut(data, []byte("\n"))
	return line, whole
}

// knownVersion refuses a first line of a later version. One that tells no
// version is left to its checksum.
func knownVersion(path string, line []byte) error {
	var head struct{ Version int }
	if err := json.Unmarshal(line, &head); err == nil && head.Version > version {
		return &Error{Problem: Newer, Path: path, Reason: fmt.Sprintf("version %d, known is %d", head.Version, version)}
	}
	return nil
}
