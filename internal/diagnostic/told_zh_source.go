package diagnostic

var toldSource = map[string]string{}
