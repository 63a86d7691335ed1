// Package otlp sends spans to an OpenTelemetry collector as JSON over HTTP. The
// library's own exporter would add a quarter to the binary, most of it for gRPC,
// which this program does not speak otherwise.
//
// Nothing is sent unless OTEL_EXPORTER_OTLP_ENDPOINT is set. A collector that is
// slow or gone costs spans, never time: they wait in a queue that is bounded, and
// what does not fit is dropped.
//
// A span carries only attributes that are named here, so that no address with a
// query, no header and no message of a server can get out in one.
package otlp
