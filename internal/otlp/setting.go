package otlp

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The variables that are read, as every OpenTelemetry program reads them.
const (
	endpointVar  = "OTEL_EXPORTER_OTLP_ENDPOINT"
	headersVar   = "OTEL_EXPORTER_OTLP_HEADERS"
	protocolVar  = "OTEL_EXPORTER_OTLP_PROTOCOL"
	timeoutVar   = "OTEL_EXPORTER_OTLP_TIMEOUT"
	serviceVar   = "OTEL_SERVICE_NAME"
	resourcesVar = "OTEL_RESOURCE_ATTRIBUTES"
	disabledVar  = "OTEL_SDK_DISABLED"
)

// defaultTimeout is how long one request may take.
const defaultTimeout = 10 * time.Second

// setting is where spans go.
type setting struct {
	url       string
	headers   map[string]string
	timeout   time.Duration
	service   string
	resources map[string]string
}

// settingOf reads the variables; nil when nothing is to be sent. An error names
// the variable and never its value, which may hold a key.
func settingOf(lookupEnv func(string) (string, bool)) (*setting, error) {
	get := func(name string) string {
		v, _ := lookupEnv(name)
		return strings.TrimSpace(v)
	}
	endpoint := get(endpointVar)
	if endpoint == "" || strings.EqualFold(get(disabledVar), "true") {
		return nil, nil //nolint:nilnil // nothing to send is no error
	}
	if p := get(protocolVar); p != "" && !strings.HasPrefix(p, "http/") {
		return nil, &SettingError{protocolVar, "only http/json is spoken"}
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, &SettingError{endpointVar, "want an address such as http://127.0.0.1:4318"}
	}
	if u.User != nil || u.RawQuery != "" {
		return nil, &SettingError{endpointVar, "credentials belong into " + headersVar}
	}
	s := &setting{url: strings.TrimSuffix(u.String(), "/") + "/v1/traces", timeout: defaultTimeout, service: "idpsync"}
	if name := get(serviceVar); name != "" {
		s.service = name
	}
	if ms := get(timeoutVar); ms != "" {
		n, err := strconv.Atoi(ms)
		if err != nil || n <= 0 {
			return nil, &SettingError{timeoutVar, "want a number of milliseconds"}
		}
		s.timeout = time.Duration(n) * time.Millisecond
	}
	if s.headers, err = pairs(get(headersVar)); err != nil {
		return nil, &SettingError{headersVar, err.Error()}
	}
	if s.resources, err = pairs(get(resourcesVar)); err != nil {
		return nil, &SettingError{resourcesVar, err.Error()}
	}
	return s, nil
}

// pairs reads "name=value,name=value", both percent-encoded.
func pairs(text string) (map[string]string, error) {
	out := map[string]string{}
	for i, part := range strings.Split(text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name, nameErr := url.PathUnescape(strings.TrimSpace(name))
		value, valueErr := url.PathUnescape(strings.TrimSpace(value))
		if !ok || name == "" || nameErr != nil || valueErr != nil || strings.ContainsAny(name+value, "\r\n") {
			return nil, fmt.Errorf("part %d is not NAME=VALUE", i+1)
		}
		out[name] = value
	}
	return out, nil
}

// SettingError tells which variable is wrong, and why.
type SettingError struct{ Variable, Why string }

func (e *SettingError) Error() string { return e.Variable + ": " + e.Why }

// Hint tells what to do.
func (e *SettingError) Hint() string { return "without " + endpointVar + " no trace is sent" }
