package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// finding is one way in which an exchange differs from the document. It holds no
// value: the pointer has "*" for an index, the keyword is the schema's, or one
// of ours: "path", "query", "security", "http-status", "body".
type finding struct {
	operation, side, keyword, pointer string
}

const (
	request = "request"
	answer  = "answer"
)

func (f finding) String() string {
	return fmt.Sprintf("%s, %s: %s at %s", f.operation, f.side, f.keyword, f.pointer)
}

// judge holds one exchange to the document. It gives each finding once.
func (s specification) judge(e exchange) []finding {
	operation := strings.TrimPrefix(e.target.Path, prefix)
	item := s.doc.Paths.Value(e.target.Path)
	if item == nil || item.GetOperation(e.method) == nil {
		return []finding{{operation, request, "path", e.method}}
	}
	route := &routers.Route{Spec: s.doc, Path: e.target.Path, PathItem: item, Method: e.method, Operation: item.GetOperation(e.method)}
	req, err := http.NewRequest(e.method, "https://api.authing.cn"+e.target.RequestURI(), bytes.NewReader(e.body))
	if err != nil {
		return []finding{{operation, request, "path", "unreadable"}}
	}
	req.Header = e.header
	in := &openapi3filter.RequestValidationInput{Request: req, QueryParams: e.target.Query(), Route: route, Options: options()}
	found := findings(operation, request, openapi3filter.ValidateRequest(context.Background(), in))
	found = append(found, undeclared(operation, route.Operation, e)...)
	found = append(found, s.judgeAnswer(operation, in, e)...)
	slices.SortFunc(found, func(a, b finding) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(found)
}

func options() *openapi3filter.Options {
	return &openapi3filter.Options{
		MultiError:                        true,
		IncludeResponseStatus:             true,
		RejectWhenRequestBodyNotSpecified: true,
		SkipSettingDefaults:               true,
		AuthenticationFunc:                authenticated,
	}
}

// authenticated is what the document declares: a bearer token, or the id of the
// pool in a header.
func authenticated(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	header := in.RequestValidationInput.Request.Header
	if in.SecurityScheme.Type == "apiKey" && header.Get(in.SecurityScheme.Name) != "" {
		return nil
	}
	if in.SecurityScheme.Type == "http" && strings.HasPrefix(header.Get("Authorization"), "Bearer ") {
		return nil
	}
	return in.NewError(nil)
}

// undeclared finds query parameters that the operation does not have.
func undeclared(operation string, op *openapi3.Operation, e exchange) []finding {
	var found []finding
	for name := range e.target.Query() {
		if op.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			found = append(found, finding{operation, request, "query", name})
		}
	}
	return found
}

func (s specification) judgeAnswer(operation string, in *openapi3filter.RequestValidationInput, e exchange) []finding {
	var tree any
	if err := json.Unmarshal(e.answer, &tree); err != nil {
		return []finding{{operation, answer, "body", "not JSON"}}
	}
	if failed(tree) {
		schema := s.doc.Components.Schemas["CommonResponseDto"].Value
		found := findings(operation, answer, schema.VisitJSON(tree, openapi3.MultiErrors()))
		if e.status != http.StatusOK {
			found = append(found, finding{operation, answer, "http-status", strconv.Itoa(e.status)})
		}
		return found
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: e.status, Header: e.answers, Options: options()}
	return findings(operation, answer, openapi3filter.ValidateResponse(context.Background(), out.SetBodyBytes(e.answer)))
}

// failed tells an answer that reports a failure.
func failed(tree any) bool {
	envelope, ok := tree.(map[string]any)
	return ok && envelope["statusCode"] != float64(http.StatusOK)
}

// findings takes an error of kin-openapi apart.
func findings(operation, side string, err error) []finding {
	return place{operation, side, ""}.findings(err)
}

// place is where an error was found: at is the name of a query parameter, or
// empty for a body.
type place struct{ operation, side, at string }

func (p place) findings(err error) []finding {
	switch err := err.(type) {
	case nil:
		return nil
	case openapi3.MultiError:
		var found []finding
		for _, one := range err {
			found = append(found, p.findings(one)...)
		}
		return found
	case *openapi3.SchemaError:
		return []finding{{p.operation, p.side, err.SchemaField, p.at + pointer(err)}}
	case *openapi3filter.SecurityRequirementsError:
		return []finding{{p.operation, p.side, "security", "Authorization"}}
	case *openapi3filter.RequestError:
		if err.Parameter != nil {
			p.at = err.Parameter.Name
		}
		return p.inside(err.Err, err.Reason)
	case *openapi3filter.ResponseError:
		return p.inside(err.Err, err.Reason)
	}
	if errors.Is(err, openapi3filter.ErrInvalidRequired) {
		return []finding{{p.operation, p.side, "required", p.at}}
	}
	return []finding{{p.operation, p.side, "body", fmt.Sprintf("%s %T", p.at, err)}}
}

// inside goes on with the cause of an error; one without a cause is its reason.
func (p place) inside(cause error, reason string) []finding {
	if cause != nil {
		return p.findings(cause)
	}
	return []finding{{p.operation, p.side, "body", strings.TrimSpace(p.at + " " + reason)}}
}

// refused tells an exchange in which the server said no.
func (e exchange) refused() bool {
	var tree any
	return json.Unmarshal(e.answer, &tree) == nil && failed(tree)
}

// pointer says where in a body, with "*" for every index.
func pointer(schema *openapi3.SchemaError) string {
	at := ""
	for _, key := range schema.JSONPointer() {
		if _, err := strconv.Atoi(key); err == nil {
			key = "*"
		}
		at += "/" + key
	}
	return at + unsupported(schema)
}

// unsupported is the key that an object has too many: kin-openapi names it in
// its sentence alone.
func unsupported(schema *openapi3.SchemaError) string {
	if schema.SchemaField != "properties" {
		return ""
	}
	_, rest, _ := strings.Cut(schema.Reason, `"`)
	key, _, ok := strings.Cut(rest, `"`)
	if !ok {
		return ""
	}
	return "/" + key
}
