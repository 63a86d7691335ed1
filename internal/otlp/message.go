package otlp

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// The shapes below are those of the protocol's JSON: ids are hexadecimal, and
// 64-bit numbers are texts.

type request struct {
	ResourceSpans []resourceSpans `json:"resourceSpans"`
}

type resourceSpans struct {
	Resource   attributes   `json:"resource"`
	ScopeSpans []scopeSpans `json:"scopeSpans"`
}

type attributes struct {
	Attributes []keyValue `json:"attributes"`
}

type scopeSpans struct {
	Scope scope  `json:"scope"`
	Spans []span `json:"spans"`
}

type scope struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type span struct {
	TraceID      string     `json:"traceId"`
	SpanID       string     `json:"spanId"`
	ParentSpanID string     `json:"parentSpanId,omitempty"`
	Flags        uint32     `json:"flags"`
	Name         string     `json:"name"`
	Kind         int        `json:"kind"`
	Start        string     `json:"startTimeUnixNano"`
	End          string     `json:"endTimeUnixNano"`
	Attributes   []keyValue `json:"attributes"`
	Status       status     `json:"status"`
}

// status carries no message: what a server said might stand in it.
type status struct {
	Code int `json:"code"`
}

type keyValue struct {
	Key   string `json:"key"`
	Value value  `json:"value"`
}

type value struct {
	String *string `json:"stringValue,omitempty"`
	Int    *string `json:"intValue,omitempty"`
	Bool   *bool   `json:"boolValue,omitempty"`
}

func (e *exporter) request(spans []sdk.ReadOnlySpan) request {
	byScope := map[scope][]span{}
	var order []scope
	for _, s := range spans {
		in := scope{s.InstrumentationScope().Name, s.InstrumentationScope().Version}
		if _, known := byScope[in]; !known {
			order = append(order, in)
		}
		byScope[in] = append(byScope[in], spanOf(s))
	}
	r := resourceSpans{Resource: attributes{e.resource()}}
	for _, in := range order {
		r.ScopeSpans = append(r.ScopeSpans, scopeSpans{in, byScope[in]})
	}
	return request{[]resourceSpans{r}}
}

func (e *exporter) resource() []keyValue {
	all := maps.Clone(e.resources)
	all["service.name"], all["service.version"] = e.service, e.version
	kvs := make([]keyValue, 0, len(all))
	for _, k := range slices.Sorted(maps.Keys(all)) {
		kvs = append(kvs, text(k, all[k]))
	}
	return kvs
}

func spanOf(s sdk.ReadOnlySpan) span {
	c := s.SpanContext()
	out := span{
		TraceID: c.TraceID().String(), SpanID: c.SpanID().String(), Flags: uint32(c.TraceFlags()), Name: s.Name(), Kind: int(s.SpanKind()),
		Start: nano(s.StartTime()), End: nano(s.EndTime()), Attributes: []keyValue{},
	}
	if p := s.Parent(); p.SpanID().IsValid() {
		out.ParentSpanID = p.SpanID().String()
	}
	switch s.Status().Code {
	case codes.Ok:
		out.Status.Code = 1
	case codes.Error:
		out.Status.Code = 2
	}
	for _, a := range s.Attributes() {
		if kv, ok := allowed(a); ok {
			out.Attributes = append(out.Attributes, kv)
		}
	}
	return out
}

func nano(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// harmless are the attributes of libraries that may leave; ours begin with
// "idpsync.".
var harmless = map[attribute.Key]bool{
	"http.request.method": true, "http.response.status_code": true, "http.request.resend_count": true, "server.address": true, "server.port": true,
	"error.type": true, "network.protocol.version": true,
}

// allowed keeps what may leave. Of an address only the path does.
func allowed(a attribute.KeyValue) (keyValue, bool) {
	switch {
	case a.Key == "url.full":
		u, err := url.Parse(a.Value.AsString())
		if err != nil {
			return keyValue{}, false
		}
		return text("url.path", u.Path), true
	case !harmless[a.Key] && !strings.HasPrefix(string(a.Key), "idpsync."):
		return keyValue{}, false
	}
	switch a.Value.Type() {
	case attribute.INT64:
		n := strconv.FormatInt(a.Value.AsInt64(), 10)
		return keyValue{string(a.Key), value{Int: &n}}, true
	case attribute.BOOL:
		b := a.Value.AsBool()
		return keyValue{string(a.Key), value{Bool: &b}}, true
	case attribute.STRING:
		return text(string(a.Key), a.Value.AsString()), true
	}
	return keyValue{}, false
}

func text(key, v string) keyValue {
	v = strings.ToValidUTF8(v, "\uFFFD")
	return keyValue{key, value{String: &v}}
}
