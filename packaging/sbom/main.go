// Command sbom writes the bill of materials of a Go program as SPDX 2.3: the
// modules that the linker recorded in the program itself, so that nothing is
// listed which is not inside, and nothing that is inside is left out. The version
// is given, since -trimpath keeps what -X sets out of the program's own record.
//
//	sbom VERSION PROGRAM DOCUMENT
//
// SOURCE_DATE_EPOCH is the time it says it was made; the same program gives the
// same bytes.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: sbom VERSION PROGRAM DOCUMENT")
		os.Exit(64)
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3], os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func write(version, program, file, epoch string) error {
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return errors.New("SOURCE_DATE_EPOCH: want seconds since 1970")
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	digest, err := digestOf(program)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(newDocument(info, version, digest, time.Unix(seconds, 0).UTC()), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

func digestOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
