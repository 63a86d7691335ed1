package sandbox

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
)

// control answers /_sandbox/*. It shows secrets and obeys anyone, so it listens
// to this machine only, and not to a web page that a browser here has open: that
// page names its own host, or an origin.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	if !fromHere(r) {
		controlError(w, http.StatusForbidden, "control calls are answered on the loopback address only")
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /_sandbox/requests":
		writeJSON(w, http.StatusOK, s.log.list())
	case "GET /_sandbox/state":
		writeJSON(w, http.StatusOK, s.stateTree())
	case "POST /_sandbox/reset":
		s.reset(w)
	case "POST /_sandbox/faults":
		s.replaceFaults(w, r)
	case "POST /_sandbox/dialect":
		s.mergeDialect(w, r)
	default:
		controlError(w, http.StatusNotFound, "no such control call")
	}
}

func fromHere(r *http.Request) bool {
	return isLoopback(r.RemoteAddr) && isLoopback(r.Host) && r.Header.Get("Origin") == ""
}

func isLoopback(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// reset forgets objects and records. Keys, dialect and faults stay, and so does
// the fact that there was a state: a seed is not read again.
func (s *Server) reset(w http.ResponseWriter) {
	if err := s.store.commit(change{Reset: true}); err != nil {
		controlError(w, http.StatusInternalServerError, err.Error())
		return
	}
	s.log.reset()
	writeJSON(w, http.StatusOK, map[string]any{})
}

func (s *Server) replaceFaults(w http.ResponseWriter, r *http.Request) {
	var wanted struct {
		Faults []string `json:"faults"`
	}
	if !readControl(w, r, &wanted) {
		return
	}
	if err := s.faults.replace(wanted.Faults); err != nil {
		controlError(w, http.StatusBadRequest, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{})
}

func (s *Server) mergeDialect(w http.ResponseWriter, r *http.Request) {
	var wanted map[string]string
	if !readControl(w, r, &wanted) {
		return
	}
	for {
		old := s.dialect.Load()
		next, err := old.merge(wanted)
		if err != nil {
			controlError(w, http.StatusBadRequest, err.Error())
			return
		}
		if s.dialect.CompareAndSwap(old, &next) {
			writeJSON(w, http.StatusOK, next.values)
			return
		}
	}
}

func readControl(w http.ResponseWriter, r *http.Request, into any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		controlError(w, http.StatusBadRequest, "body: "+err.Error())
		return false
	}
	return true
}

func controlError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]any{"error": message})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	jsonAnswer(status, status, v).send(w)
}
