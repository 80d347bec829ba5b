// The client library of the platform, working against package flexapi. It is in a module of
// its own, so that none of what it needs reaches those who import the library.
//
// From the root of the repository:
//
//	go -C flexapi/compat test ./...
module github.com/engage-interactions/engage/flexapi/compat

go 1.26.0

replace github.com/engage-interactions/engage => ../..

require (
	github.com/engage-interactions/engage v0.0.0-00010101000000-000000000000
	github.com/twilio/twilio-go v1.31.0
)

require (
	github.com/golang-jwt/jwt/v5 v5.2.2 // indirect
	github.com/golang/mock v1.6.0 // indirect
	github.com/oklog/ulid/v2 v2.1.2 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/tidwall/btree v1.8.2 // indirect
	github.com/xeipuuv/gojsonpointer v0.0.0-20180127040702-4e3ac2762d5f // indirect
	github.com/xeipuuv/gojsonreference v0.0.0-20180127040603-bd5ef7bd5415 // indirect
	github.com/xeipuuv/gojsonschema v1.2.0 // indirect
)
