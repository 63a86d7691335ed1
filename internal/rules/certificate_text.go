package rules

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"strings"
	"time"
)

// smallest is how many bytes the text of a certificate has at least.
const smallest = 200

// firstEnd is when the first of the certificates in a text expires; ok is false
// when there is none. Certificates stand there in PEM, its lines whole, folded
// into one or joined by the two characters \n; as the bare base64 of their DER,
// which begins with MI; or in the X509Certificate elements of XML. What is taken
// apart may be one certificate or a PKCS #7 bundle of several.
func firstEnd(text string) (end time.Time, ok bool) {
	if len(text) < smallest {
		return end, false
	}
	for _, b := range bodies(text) {
		for _, c := range certificates(decoded(b)) {
			if end.IsZero() || c.NotAfter.Before(end) {
				end = c.NotAfter
			}
		}
	}
	return end, !end.IsZero()
}

// bodies lists what may be the base64 of a certificate.
func bodies(text string) []string {
	var found []string
	switch {
	case strings.Contains(text, "-----BEGIN "):
		for _, block := range strings.Split(text, "-----BEGIN ")[1:] {
			label, body, _ := strings.Cut(block, "-----")
			if strings.Contains(label, "CERTIFICATE") || strings.Contains(label, "PKCS7") {
				found = append(found, before(body, "-----END"))
			}
		}
	case strings.Contains(text, "X509Certificate>"):
		for _, element := range strings.Split(text, "X509Certificate>") {
			found = append(found, before(element, "<"))
		}
	case strings.HasPrefix(strings.TrimSpace(text), "MI"):
		found = append(found, text)
	}
	return found
}

func before(s, end string) string { s, _, _ = strings.Cut(s, end); return s }

// breaks are the ends of lines as they are written in JSON.
var breaks = strings.NewReplacer(`\r`, "", `\n`, "")

// decoded reads base64 with whatever whitespace, written out or escaped; nil
// when it is none.
func decoded(body string) []byte {
	body = strings.TrimRight(strings.Join(strings.Fields(breaks.Replace(body)), ""), "=")
	der, err := base64.RawStdEncoding.DecodeString(body)
	if err != nil {
		return nil
	}
	return der
}

// certificates reads one certificate, whatever trails it, or a PKCS #7 bundle.
func certificates(der []byte) []*x509.Certificate {
	var whole asn1.RawValue
	if _, err := asn1.Unmarshal(der, &whole); err != nil {
		return nil
	}
	if c, err := x509.ParseCertificate(whole.FullBytes); err == nil {
		return []*x509.Certificate{c}
	}
	return bundled(whole.FullBytes)
}

// bundled reads the certificates of a SignedData (RFC 2315, 9.1): within the
// content, tagged 0, of the outer sequence, the element tagged 0 of the inner.
func bundled(der []byte) []*x509.Certificate {
	for _, outer := range tagged(der) {
		for _, inner := range tagged(outer.Bytes) {
			if cs, err := x509.ParseCertificates(inner.Bytes); err == nil {
				return cs
			}
		}
	}
	return nil
}

// tagged lists the elements with the context tag 0 of the sequence in der.
func tagged(der []byte) []asn1.RawValue {
	var sequence asn1.RawValue
	if _, err := asn1.Unmarshal(der, &sequence); err != nil {
		return nil
	}
	var found []asn1.RawValue
	for rest := sequence.Bytes; len(rest) > 0; {
		var v asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &v); err != nil {
			return found
		}
		if v.Class == asn1.ClassContextSpecific && v.Tag == 0 {
			found = append(found, v)
		}
	}
	return found
}
