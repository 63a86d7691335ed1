package rules_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/rules"
)

var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// certificate makes one in DER that ends at that time.
func certificate(t testing.TB, end time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.AddDate(-2, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func pemOf(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// bundle wraps certificates in the SignedData of PKCS #7.
func bundle(t *testing.T, ders ...[]byte) []byte {
	t.Helper()
	tag0 := func(b []byte) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: b}
	}
	type contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"optional"`
	}
	set := asn1.RawValue{Tag: asn1.TagSet, IsCompound: true}
	inner, err := asn1.Marshal(struct {
		Version      int
		Digests      asn1.RawValue
		Content      contentInfo
		Certificates asn1.RawValue
		Signers      asn1.RawValue
	}{1, set, contentInfo{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}}, tag0([]byte(strings.Join(texts(ders), ""))), set})
	if err != nil {
		t.Fatal(err)
	}
	outer, err := asn1.Marshal(contentInfo{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, tag0(inner)})
	if err != nil {
		t.Fatal(err)
	}
	return outer
}

func texts(ders [][]byte) []string {
	out := make([]string, len(ders))
	for i, d := range ders {
		out[i] = string(d)
	}
	return out
}

// TestCertificateForms: whatever dress a certificate comes in, its end is seen.
func TestCertificateForms(t *testing.T) {
	old, fresh := certificate(t, now.AddDate(0, 0, -1)), certificate(t, now.AddDate(1, 0, 0))
	b64 := base64.StdEncoding.EncodeToString
	for name, text := range map[string]string{
		"PEM":                       pemOf(old),
		"CRLF":                      strings.ReplaceAll(pemOf(old), "\n", "\r\n"),
		"text before it":            "Bag Attributes\n  name: idp\n" + pemOf(old),
		"a chain, the last is old":  pemOf(fresh) + pemOf(old),
		"folded into one line":      strings.ReplaceAll(strings.TrimSpace(pemOf(old)), "\n", " "),
		`joined by \n`:              strings.ReplaceAll(pemOf(old), "\n", `\n`),
		`joined by \r\n`:            strings.ReplaceAll(pemOf(old), "\n", `\r\n`),
		"X509 CERTIFICATE":          strings.ReplaceAll(pemOf(old), "CERTIFICATE", "X509 CERTIFICATE"),
		"DER in base64":             b64(old),
		"DER in base64, in lines":   "\n  " + b64(old)[:64] + "\n  " + b64(old)[64:] + "\n",
		"DER in base64, no padding": strings.TrimRight(b64(old), "="),
		"PKCS7":                     string(pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: bundle(t, fresh, old)})),
		"PKCS7 in base64":           b64(bundle(t, old)),
		"XML metadata":              "<md:EntityDescriptor><ds:X509Certificate>\n" + b64(old) + "</ds:X509Certificate></md:EntityDescriptor>",
	} {
		t.Run(name, func(t *testing.T) {
			if got := certCodes(text); got != "IDP0701 fields.anything\n" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestNoCertificate(t *testing.T) {
	fresh := pemOf(certificate(t, now.AddDate(1, 0, 0)))
	for name, text := range map[string]string{
		"a good one":            fresh,
		"cut in half":           fresh[:len(fresh)/2],
		"a private key":         strings.ReplaceAll(fresh, "CERTIFICATE", "PRIVATE KEY"),
		"text that begins MI":   "MIGHTY " + strings.Repeat("x", 300),
		"base64 of other bytes": "MII" + strings.Repeat("A", 401),
		"begin without end":     "-----BEGIN CERTIFICATE-----" + strings.Repeat("A", 300),
		"a begin alone":         strings.Repeat(" ", 300) + "-----BEGIN ",
	} {
		if got := certCodes(text); got != "" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestCertificateEnds(t *testing.T) {
	for days, want := range map[int]string{31: "", 30: "IDP0702 fields.anything\n", 1: "IDP0702 fields.anything\n", -1: "IDP0701 fields.anything\n"} {
		if got := certCodes(pemOf(certificate(t, now.AddDate(0, 0, days)))); got != want {
			t.Errorf("%d days: got %q", days, got)
		}
	}
	in := fields(conn("c", "p", nil), obj{"certs": []any{"none", pemOf(certificate(t, now.AddDate(0, 0, -1)))}, "samlSpKey": model.SecretValue("env:KEY", pemOf(certificate(t, now.AddDate(0, 0, -1))))})
	if got := codesOf(pool(in), rules.Setting{Now: now}); got != "IDP0701 fields.certs.1\n" {
		t.Errorf("in a list, and in a secret, which is not looked into: %q", got)
	}
}

func certCodes(text string) string {
	return codesOf(pool(fields(conn("c", "p", nil), obj{"anything": text})), rules.Setting{Now: now})
}
