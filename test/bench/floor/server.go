package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/hashicorp/go-retryablehttp"
)

// object is a JSON object.
type object = map[string]any

// server is the API of one pool.
type server struct {
	host, token string
	http        *http.Client
}

// connect opens as many connections as requests may be on their way, and gets
// the token.
func connect(host string, atOnce int) (*server, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.MaxConnsPerHost, t.Proxy = atOnce, atOnce, nil
	rc := retryablehttp.NewClient()
	rc.HTTPClient.Transport, rc.Logger = t, nil
	s := &server{host: host, http: rc.StandardClient()}
	data, err := s.send("POST", "/api/v3/get-management-token", object{
		"accessKeyId": os.Getenv("IDPSYNC_ACCESS_KEY_ID"), "accessKeySecret": os.Getenv("IDPSYNC_ACCESS_KEY_SECRET"),
	})
	if err != nil {
		return nil, err
	}
	answer, _ := data.(object)
	s.token, _ = answer["access_token"].(string)
	return s, nil
}

func (s *server) get(path string) (any, error) { return s.send("GET", path, nil) }

func (s *server) send(method, path string, body object) (any, error) {
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in = bytes.NewReader(data)
	}
	r, err := http.NewRequest(method, s.host+path, in)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer struct {
		StatusCode int    `json:"statusCode"`
		Message    string `json:"message"`
		Data       any    `json:"data"`
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %w", method, path, errors.New(answer.Message))
	}
	return answer.Data, nil
}

// list is the objects of a list and how many there are on all pages.
func list(data any) (objects []object, total int) {
	items, paged := data.([]any)
	if answer, ok := data.(object); ok && !paged {
		items, _ = answer["list"].([]any)
		n, _ := answer["totalCount"].(float64)
		total = int(n)
	}
	for _, item := range items {
		if o, ok := item.(object); ok {
			objects = append(objects, o)
		}
	}
	return objects, total
}
