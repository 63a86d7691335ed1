package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// sandboxRate tells how many requests a second a sandbox with so many objects
// carries, so that it is never what is measured. The client writes to plain
// sockets: an HTTP client would take as much of the machine as the server.
func (b *bench) sandboxRate() error {
	l, err := b.standard(0)
	if err != nil {
		return err
	}
	defer l.stop()
	token, ids, err := l.providers()
	if err != nil {
		return err
	}
	const connections, requests = 16, 40_000
	var next atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, connections)
	start := time.Now()
	for range connections {
		wg.Go(func() {
			if err := ask(l.address, token, func() (string, bool) {
				i := int(next.Add(1)) - 1
				return "/api/v3/list-ext-idp-conns?id=" + ids[i%len(ids)], i < requests
			}); err != nil {
				failed <- err
			}
		})
	}
	wg.Wait()
	rate := requests / time.Since(start).Seconds()
	select {
	case err := <-failed:
		return err
	default:
	}
	b.add(row{
		"sandbox", fmt.Sprintf("requests a second that it carries with %s connections", thousands(b.size)), ">= 5,000",
		thousands(int(rate)), rate < 5000,
	})
	return nil
}

// providers gets a token and the ids of all providers.
func (l *pool) providers() (token string, ids []string, err error) {
	var key struct {
		ID, Secret string
	}
	for _, v := range l.env {
		fmt.Sscanf(v, "IDPSYNC_ACCESS_KEY_ID=%s", &key.ID)
		fmt.Sscanf(v, "IDPSYNC_ACCESS_KEY_SECRET=%s", &key.Secret)
	}
	body, _ := json.Marshal(map[string]string{"accessKeyId": key.ID, "accessKeySecret": key.Secret})
	resp, err := http.Post("http://"+l.address+"/api/v3/get-management-token", "application/json", bytes.NewReader(body))
	if err != nil {
		return "", nil, err
	}
	defer resp.Body.Close()
	var login struct {
		Data struct {
			Token string `json:"access_token"`
		} `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&login); err != nil {
		return "", nil, err
	}
	r, err := http.NewRequest(http.MethodGet, "http://"+l.address+"/api/v3/list-ext-idp", nil)
	if err != nil {
		return "", nil, err
	}
	r.Header.Set("Authorization", "Bearer "+login.Data.Token)
	list, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", nil, err
	}
	defer list.Body.Close()
	var answer struct {
		Data struct {
			List []struct{ ID string } `json:"list"`
		} `json:"data"`
	}
	err = json.NewDecoder(list.Body).Decode(&answer)
	for _, p := range answer.Data.List {
		ids = append(ids, p.ID)
	}
	if err == nil && len(ids) == 0 {
		err = fmt.Errorf("the sandbox shows no providers")
	}
	return login.Data.Token, ids, err
}

// ask sends one request after the other over one connection.
func ask(address, token string, next func() (path string, more bool)) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for path, more := next(); more; path, more = next() {
		if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", path, address, token); err != nil {
			return err
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: %s, %w", path, resp.Status, err)
		}
	}
	return nil
}
