package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// Problem is what is wrong with the files of a ledger.
type Problem string

// The problems, each with its code in the catalogue of diagnostics.
const (
	// Damaged: what is there is not what was written.
	Damaged Problem = "damaged"
	// Newer: a later version of the program wrote it.
	Newer Problem = "newer"
	// Unreadable and Unwritable: the system does not let us.
	Unreadable Problem = "unreadable"
	Unwritable Problem = "unwritable"
	// Torn: the last line was not written whole. Only told, never returned.
	Torn Problem = "torn"
	// Foreign: the location names a backend that there is not.
	Foreign Problem = "foreign"
	// Unreachable: the database does not answer; a retry may help.
	Unreachable Problem = "unreachable"
)

// Cause is how a file is damaged.
type Cause string

// The causes.
const (
	Changed   Cause = "changed"   // a checksum does not fit
	Cut       Cause = "cut"       // its end is missing
	Missing   Cause = "missing"   // it should be there
	Older     Cause = "older"     // it is older than the files beside it
	Elsewhere Cause = "elsewhere" // it belongs to another pool, the Reason
	Strange   Cause = "strange"   // whole, but nothing that this version writes
)

var codes = map[Problem]string{
	Damaged: "IDP0410", Newer: "IDP0411", Unreadable: "IDP0412", Unwritable: "IDP0413", Torn: "IDP0414", Foreign: "IDP0415", Unreachable: "IDP0416",
}

// Error tells what is wrong with a file or a database of the ledger.
type Error struct {
	Problem Problem
	// Path is the file or folder, or the database's address without a login.
	Path string
	// Line counts from 1; 0 when it is the file as a whole.
	Line int
	// Cause says what is damaged about it.
	Cause Cause
	// Reason is a word of the system, a version, a location or a pool, as the
	// problem and the cause want it; Err is the system's error.
	Reason string
	Err    error
}

// Code is the code of the diagnostic that says the same.
func (e *Error) Code() string { return codes[e.Problem] }

func (e *Error) Unwrap() error { return e.Err }

// Unavailable tells that trying again may help.
func (e *Error) Unavailable() bool { return e.Problem == Unreachable }

func (e *Error) Error() string {
	place := e.Path
	if e.Line > 0 {
		place = fmt.Sprintf("%s, line %d", place, e.Line)
	}
	switch e.Problem {
	case Newer:
		return fmt.Sprintf("the ledger %s was written by a newer version of idpsync (%s)", place, e.Reason)
	case Unreadable:
		return fmt.Sprintf("the ledger cannot be read: %s: %s", place, e.Reason)
	case Unwritable:
		return fmt.Sprintf("the ledger cannot be written: %s: %s", place, e.Reason)
	case Torn:
		return fmt.Sprintf("the ledger lost its last line, which was never finished: %s", place)
	case Unreachable:
		return fmt.Sprintf("the ledger's database cannot be reached: %s: %s", place, e.Reason)
	case Foreign:
		return fmt.Sprintf("the ledger %s cannot be used: %s", place, e.Reason)
	}
	return fmt.Sprintf("the ledger is damaged: %s: %s", place, e.damage())
}

func (e *Error) damage() string {
	switch e.Cause {
	case Changed:
		return "its checksum does not fit"
	case Cut:
		return "it was cut"
	case Missing:
		return "it is missing"
	case Older:
		return "it is older than the files beside it"
	case Elsewhere:
		return fmt.Sprintf("it belongs to pool %q", e.Reason)
	}
	return "it is no record of this version"
}

// Hint tells what next.
func (e *Error) Hint() string {
	if lent(e.Err) {
		return "a pooler in between must keep sessions (PgBouncer: pool_mode = session), or name the server itself"
	}
	switch e.Problem {
	case Damaged:
		return "put back a copy of the folder, or move it away: idpsync then reads the server anew and only forgets what no server shows"
	case Newer:
		return "use that version, or a newer one"
	case Unwritable:
		return "make room, or let this user write there"
	case Unreadable:
		return "let this user read it"
	case Foreign:
		return "write ledger: file:FOLDER or ledger: postgres://USER@HOST/DATABASE"
	case Unreachable:
		return "see that the database runs, takes this login and has connections free; no step is begun without it"
	}
	return ""
}

func unreadable(path string, err error) *Error {
	return &Error{Problem: Unreadable, Path: path, Reason: plain(err), Err: err}
}

func unwritable(path string, err error) *Error {
	return &Error{Problem: Unwritable, Path: path, Reason: plain(err), Err: err}
}

func damaged(path string, line int, cause Cause) *Error {
	return &Error{Problem: Damaged, Path: path, Line: line, Cause: cause}
}

// plain is the system's word for it, without the path that is named already.
func plain(err error) string {
	var errno syscall.Errno
	var path *fs.PathError
	switch {
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &path):
		return path.Err.Error()
	}
	return err.Error()
}

// NoRunError tells that no run has the id.
type NoRunError struct{ ID string }

func (e *NoRunError) Error() string { return fmt.Sprintf("no run %q in the ledger", e.ID) }

// PlanUsedError tells that a saved plan was applied before.
type PlanUsedError struct{ Digest, Run string }

func (e *PlanUsedError) Error() string {
	return fmt.Sprintf("the plan was applied before, by run %s", e.Run)
}
