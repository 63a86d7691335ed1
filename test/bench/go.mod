module github.com/idpsync/idpsync/test/bench

go 1.26.0

require (
	github.com/santhosh-tekuri/jsonschema/v5 v5.3.1
	gopkg.in/yaml.v3 v3.0.1
)
