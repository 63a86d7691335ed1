package sandbox

import "fmt"

// failure is an answer that is not a success.
type failure struct {
	status   int    // statusCode of V3, code of V2
	apiCode  int    // 0 where no document publishes one: the key is then left out
	v2Code   string // apiCode of V2's newer form; "" is the older form (contract 3.5)
	v2Status int    // statusCode beside v2Code
	http     int    // HTTP status whatever the dialect says; 0 leaves it to the dialect
	absent   bool
	message  string
}

func (f *failure) Error() string { return fmt.Sprintf("%d: %s", f.status, f.message) }

// reason is why a request is refused.
type reason int

const (
	badArgument reason = iota
	badLimit
	noCredential
	wrongKey
	foreignPool
	badSignature
	badSignatureMethod
	badSignatureVersion
	badDate
	noDate
	clockSkew
	nonceUsed
	noProvider
	noConnection
	noApplication
	noGrant
	noAgreement
	noTemplate
	identifierTaken
	domainTaken
	wrongProviderType
	multiplicity
	inUse
	tooLarge
	notWritten
	refused
)

// refusals holds the codes of every refusal. The statuses are those of contract
// 3.2 and the apiCodes those of 3.3; where a row says INFERRED no document pairs
// the case with the code (contract 10.5, 10.7 and 2.1).
var refusals = map[reason]failure{
	badArgument:         {status: 400},                                                             // contract 3.2; also for a malformed identifier (INFERRED)
	badLimit:            {status: 400},                                                             // INFERRED, contract 10.7
	noCredential:        {status: 401, apiCode: 2020},                                              // 2020 INFERRED from its meaning
	wrongKey:            {status: 401},                                                             // INFERRED
	foreignPool:         {status: 403, apiCode: 2020},                                              // INFERRED
	badSignature:        {status: 401, apiCode: 1300},                                              // 401 INFERRED here and to 1306, the apiCodes contract 3.3
	badSignatureMethod:  {status: 401, apiCode: 1301},                                              //
	badSignatureVersion: {status: 401, apiCode: 1302},                                              //
	badDate:             {status: 401, apiCode: 1303},                                              //
	noDate:              {status: 401, apiCode: 1304},                                              //
	clockSkew:           {status: 401, apiCode: 1305},                                              //
	nonceUsed:           {status: 401, apiCode: 1306},                                              //
	noProvider:          {status: 404, absent: true},                                               // contract 8 Q3
	noConnection:        {status: 404, absent: true},                                               // INFERRED
	noApplication:       {status: 404, apiCode: 2011, v2Code: "2011", v2Status: 499, absent: true}, // contract 8 Q2, 3.3, 3.5
	noGrant:             {status: 404, absent: true},                                               // INFERRED
	noAgreement:         {status: 404, absent: true},                                               // INFERRED
	noTemplate:          {status: 404},                                                             // INFERRED
	identifierTaken:     {status: 409},                                                             // INFERRED
	domainTaken:         {status: 409, apiCode: 2039, v2Code: "2039", v2Status: 499},               // 409 INFERRED, 2039 contract 3.3, 499 from 3.5
	wrongProviderType:   {status: 422},                                                             // INFERRED
	multiplicity:        {status: 422},                                                             // INFERRED
	inUse:               {status: 422},                                                             // INFERRED
	tooLarge:            {status: 413},                                                             // contract 3.2
	notWritten:          {status: 500},                                                             // contract 3.2
	refused:             {status: 422},                                                             // INFERRED
}

func refuse(why reason, format string, args ...any) *failure {
	f := refusals[why]
	f.message = fmt.Sprintf(format, args...)
	return &f
}

// seen is the failure as a dialect shows it: the three faces of absence
// (contract 8 Q4) and business statuses that are mirrored by HTTP or not.
// The HTTP status is the second value.
func (f *failure) seen(d dialect) (failure, int) {
	shown := *f
	switch {
	case f.http != 0:
		return shown, f.http
	case f.absent:
		return shown.missing(d)
	case d.is("http-status", "mirror"):
		return shown, f.status
	}
	return shown, 200
}

func (f failure) missing(d dialect) (failure, int) {
	switch {
	case d.is("absent", "http404"):
		f.v2Status = 404
		return f, 404
	case d.is("absent", "http422"):
		f.status, f.apiCode, f.v2Code, f.v2Status = 422, 4004, "4004", 422
		return f, 422
	}
	return f, 200
}
