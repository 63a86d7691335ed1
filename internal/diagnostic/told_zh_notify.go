package diagnostic

var toldNotify = map[string]string{}
