module github.com/idpsync/idpsync/test/peers

go 1.26.0

ignore ./node_modules
