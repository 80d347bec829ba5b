module github.com/engage-interactions/engage

go 1.26.0

require (
	github.com/oklog/ulid/v2 v2.1.2
	github.com/tidwall/btree v1.8.2
	github.com/xeipuuv/gojsonschema v1.2.0
	modernc.org/sqlite v1.60.1
	pgregory.net/rapid v1.3.0
)
