package main

import (
	"debug/buildinfo"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// document is the part of SPDX 2.3 that we fill.
type document struct {
	Version       string         `json:"spdxVersion"`
	DataLicense   string         `json:"dataLicense"`
	ID            string         `json:"SPDXID"`
	Name          string         `json:"name"`
	Namespace     string         `json:"documentNamespace"`
	Creation      creation       `json:"creationInfo"`
	Packages      []pkg          `json:"packages"`
	Relationships []relationship `json:"relationships"`
}

type creation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type pkg struct {
	ID        string     `json:"SPDXID"`
	Name      string     `json:"name"`
	Version   string     `json:"versionInfo"`
	Supplier  string     `json:"supplier"`
	Download  string     `json:"downloadLocation"`
	Analyzed  bool       `json:"filesAnalyzed"`
	Concluded string     `json:"licenseConcluded"`
	Declared  string     `json:"licenseDeclared"`
	Copyright string     `json:"copyrightText"`
	Purpose   string     `json:"primaryPackagePurpose"`
	Checksums []checksum `json:"checksums,omitempty"`
	Refs      []ref      `json:"externalRefs"`
	Comment   string     `json:"comment,omitempty"`
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type ref struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type relationship struct {
	From string `json:"spdxElementId"`
	Type string `json:"relationshipType"`
	To   string `json:"relatedSpdxElement"`
}

const (
	unknown = "NOASSERTION"
	self    = "SPDXRef-DOCUMENT"
	whole   = "SPDXRef-program"
)

// newDocument lists the program, the modules linked into it, and the standard
// library, each of which the program depends on.
func newDocument(info *buildinfo.BuildInfo, version, digest string, at time.Time) *document {
	d := &document{
		Version: "SPDX-2.3", DataLicense: "CC0-1.0", ID: self,
		Name:          fmt.Sprintf("%s %s %s", info.Path, version, platform(info)),
		Namespace:     "https://" + info.Main.Path + "/spdx/" + digest,
		Creation:      creation{at.Format(time.RFC3339), []string{"Tool: " + info.Main.Path + "/packaging/sbom"}},
		Relationships: []relationship{{self, "DESCRIBES", whole}},
	}
	program := module(whole, info.Main.Path, version)
	program.Purpose, program.Declared = "APPLICATION", "Apache-2.0"
	program.Checksums = []checksum{{"SHA256", digest}}
	std := module("SPDXRef-stdlib", "stdlib", strings.TrimPrefix(info.GoVersion, "go"))
	std.Download, std.Declared = "https://go.dev/dl/", "BSD-3-Clause"
	d.Packages = []pkg{program, std}
	for i, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		p := module(fmt.Sprintf("SPDXRef-module-%d", i+1), m.Path, m.Version)
		p.Comment = strings.TrimSpace("go.sum " + m.Sum)
		d.Packages = append(d.Packages, p)
	}
	for _, p := range d.Packages[1:] {
		d.Relationships = append(d.Relationships, relationship{whole, "DEPENDS_ON", p.ID})
	}
	return d
}

func module(id, path, version string) pkg {
	return pkg{
		ID: id, Name: path, Version: version, Supplier: unknown, Download: "https://" + path,
		Concluded: unknown, Declared: unknown, Copyright: unknown, Purpose: "LIBRARY",
		Refs: []ref{{"PACKAGE-MANAGER", "purl", "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")}},
	}
}

func platform(info *debug.BuildInfo) string {
	return setting(info, "GOOS") + "/" + setting(info, "GOARCH")
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
