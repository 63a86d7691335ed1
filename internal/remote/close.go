package remote

// CloseIdle lets go of the connections that nobody uses, for who makes one client
// after another.
func (c *Client) CloseIdle() { c.wire.reads.HTTPClient.CloseIdleConnections() }

// CloseIdleConnections is what http.Client asks of its transport.
func (g *gate) CloseIdleConnections() {
	if next, ok := g.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}
