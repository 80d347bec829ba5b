package format_test

import (
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/schema/internal/format"
)

// table is what a format accepts and what it refuses.
type table struct {
	name    string
	check   func(string) bool
	yes, no []string
}

func TestFormats(t *testing.T) {
	t.Parallel()
	label63 := strings.Repeat("a", 63)
	for _, c := range []table{
		{
			"date", format.Date,
			[]string{"1963-06-19", "2020-01-31", "2020-02-29", "2021-02-28", "2000-02-29", "2020-12-31", "0000-01-01", "9999-12-31"},
			[]string{
				"", "2020-01-32", "2021-02-29", "2020-02-30", "1900-02-29", "2020-04-31", "2020-13-01", "2020-00-01", "2020-01-00",
				"06/19/1963", "2013-350", "1998-1-20", "1998-01-1", "1963-06-1৪", "20230328", "2023-W01", "2023-W13-2", "2022W527",
				"1963-06-19T", "1963-06-19 ", " 1963-06-19", "+1963-06-19", "-963-06-19", "1963-06-+9", "2020-11-28T23:55:45Z",
			},
		},
		{
			"time", format.Time,
			[]string{
				"08:30:06Z", "08:30:06.283185Z", "08:30:06+00:20", "08:30:06-08:00", "23:59:60Z", "23:59:60+00:00", "01:29:60+01:30",
				"23:29:60+23:30", "15:59:60-08:00", "00:29:60-23:30", "08:30:06z", "23:59:59+23:59", "00:00:00-00:00", "08:30:06.1234567890123Z",
			},
			[]string{
				"", "008:030:006Z", "8:3:6Z", "8:0030:6Z", "22:59:60Z", "23:58:60Z", "23:59:60+01:00", "23:59:60+00:30", "23:59:60-01:00", "23:59:60-00:30",
				"24:00:00Z", "00:60:00Z", "00:00:61Z", "22:59:60", "01:02:03+24:00", "01:02:03+00:60", "01:02:03Z+00:30", "08:30:06 PST", "01:01:01,1111",
				"12:00:00", "12:00:00.52", "1২:00:00Z", "08:30:06#00:20", "ab:cd:ef", "08:30:06.Z", "08:30:06+0020", "08:30:06+00", "08:30Z", "08:30:06+1:20", " 08:30:06Z", "08:30:06Z ",
			},
		},
		{
			"date-time", format.DateTime,
			[]string{
				"1963-06-19T08:30:06.283185Z", "1963-06-19T08:30:06Z", "1937-01-01T12:00:27.87+00:20", "1990-12-31T15:59:50.123-08:00",
				"1998-12-31T23:59:60Z", "1998-12-31T15:59:60.123-08:00", "1963-06-19t08:30:06.283185z", "2018-11-13T20:20:39+00:00", "2023-05-23T11:13:42.074Z",
			},
			[]string{
				"", "1998-12-31T23:59:61Z", "1998-12-31T23:58:60Z", "1998-12-31T22:59:60Z", "1990-02-31T15:59:59.123-08:00", "1990-12-31T15:59:59-24:00",
				"1990-12-31T10:00:00+10:60", "1963-06-19T08:30:06.28123+01:00Z", "06/19/1963 08:30:06 PST", "2013-350T01:01:01", "1963-6-19T08:30:06.283185Z",
				"1963-06-1T00:00:00Z", "1963-06-1৪T00:00:00Z", "1963-06-11T0৪:00:00Z", "+11963-06-19T08:30:06.283185Z", "1963-06-19 08:30:06Z", "1963-06-19_08:30:06Z",
				"2011-11-03T20:00:11", "2023-05-23711:13:42.074Z", "2023-05-23T11:13:42,074Z", "2023-05-23T1:13:42Z", "2023-05-23T24:00:00Z", "2023-05-23", "11:13:42Z",
				"2023-05-23T11:13:42+0000", "2023-05-23T11:13:42Z ", " 2023-05-23T11:13:42Z", "2023-05-23T11:13:42Z\n", "2023-02-29T11:13:42Z", "2023-13-01T11:13:42Z",
			},
		},
		{
			"date-time assuming UTC", format.DateTimeAssumingUTC,
			[]string{"2011-11-03T20:00:11", "2011-11-03T20:00:11.5", "2011-11-03T20:00:11+01:00", "2016-12-31T23:59:60"},
			[]string{"2011-11-03", "2011-11-03T20:00", "2023-05-23711:13:42.074Z", "2011-11-03T20:00:11 ", "2011-11-03T23:58:60"},
		},
		{
			"hostname", format.Hostname,
			[]string{
				"www.example.com", "xn--4gbwdl.xn--wgbh1c", "hostname", "host-name", "h0stn4me", "1host", "hostnam3", "a", "1.2.3.4", label63, label63 + ".com",
				strings.Repeat(label63[:49]+".", 5) + "aaa", "HOST", "ab--cd",
			},
			[]string{
				"", ".", ".example", "example.", "a..b", "-a-host-name-that-starts-with--", "not_a_valid_host_name", label63 + "a", "-hostname", "hostname-", "_hostname",
				"hostname_", "host_name", "example．com", "host name", "hôst", strings.Repeat(label63+".", 4) + "aaa", "xn--X", "a.xn--X", "a\n", "host:80",
			},
		},
		{
			"email", format.Email,
			[]string{
				"joe.bloggs@example.com", "te~st@example.com", "~test@example.com", "test~@example.com", `"joe bloggs"@example.com`, `"joe..bloggs"@example.com`,
				`"joe@bloggs"@example.com`, `"joe\"bloggs"@example.com`, `""@example.com`, "joe.bloggs@[127.0.0.1]", "joe.bloggs@[127.000.0.001]", "joe.bloggs@[IPv6:::1]", "a@[IPv6:1:2:3:4:5:6::]", "a@[IPv6:1:2:3:4:5:6:7:8]", "a@[IPv6:1::4.3.2.1]", "a@[IPv6:1:2:3:4:5:6:4.3.002.1]", "a@[IPv6:::]", "joe.bloggs@[ipv6:::1]", "te.s.t@example.com",
				"joe@localhost", "!#$%&'*+-/=?^_`{|}~@example.com", strings.Repeat("a", 64) + "@example.com",
			},
			[]string{
				"", "2962", "@", "a@", "@b", ".test@example.com", "test.@example.com", "te..st@example.com", "joe.bloggs@invalid=domain.com", "joe.bloggs@[127.0.0.300]", "a@[127.0.0.0001]", "a@[127.0.0]", "a@[127.0.0.0.0]", "a@[127.0..1]", "a@[127.0.0.+1]", "a@[1.2.3.256]", "a@[IPv6:1:2:3:4:5:6:7::]", "a@[IPv6:1::3:4:5:6:7:8]", "a@[IPv6:1:2:3:4:5::4.3.2.1]", "a@[IPv6:1::4.3.2.1.0]", "a@[IPv6:1.2.3.4]", "a@[IPv6:1:2:3:4:5:6:7:8:]",
				"joe.bloggs@[IPv6:1]", "joe.bloggs@[::1]", "joe.bloggs@[127.0.0.1", "joe.bloggs@127.0.0.1]", `"Joe Bloggs" <joe.bloggs@example.com>`, "<joe@example.com>", " joe@example.com", "joe@example.com ",
				"joe(comment)@example.com", "user1@oceania.org, user2@oceania.org", `"joe"bloggs"@example.com`, `"joe\"@example.com`, `"@example.com`, "joe@exa_mple.com", "joe@-example.com", "jöe@example.com",
				"joe@exämple.com", "joe@example.com.", "a@b@c", strings.Repeat("a", 65) + "@example.com", "joe\n@example.com",
			},
		},
		{
			"idn-email", format.IDNEmail,
			[]string{"실례@실례.테스트", "joe.bloggs@example.com", "jöe@exämple.com", `"jö e"@example.com`},
			[]string{"2962", "실례", "실례@", "실례@실례..테스트", "실례@-실례", "실례@☃.com", ".실례@실례.테스트"},
		},
		{
			"ipv4", format.IPv4,
			[]string{"192.168.0.1", "0.0.0.0", "255.255.255.255", "87.10.0.1"},
			[]string{
				"", "127.0.0.0.1", "256.256.256.256", "127.0", "0x7f000001", "2130706433", "087.10.0.1", "1২7.0.0.1", "192.168.1.0/24", " 192.168.0.1", "192.168.0.1 ",
				"192.168.0.1\n", "+1.2.3.4", "-0.2.3.4", "1.2.3.4.", "1..3.4", "::ffff:1.2.3.4", "00.0.0.0", "1e2.0.0.0", "0x1.0.0.0",
			},
		},
		{
			"ipv6", format.IPv6,
			[]string{
				"::1", "::", "::42:ff:1", "d6::", "1:d6::42", "1::d6:192.168.0.1", "1:2::192.168.0.1", "::ffff:192.168.0.1", "1:2:3:4:5:6:7:8", "::abef", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
				"1000:1000:1000:1000:1000:1000:255.255.255.255", "ABCD::", "2001:0DB8::0001",
			},
			[]string{
				"", "12345::", "::abcef", "1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1", "::laptop", ":2:3:4:5:6:7:8", "1:2:3:4:5:6:7:", ":2:3:4::8", "1::d6::42", "1::2:192.168.256.1", "1::2:192.168.ff.1",
				"::ffff:127.0.0.0.1", "1:2:3:4:5:::8", "1:2:3:4:5:6:7", "1", "127.0.0.1", "1:2:3:4:1.2.3", "  ::1", "::1  ", "::1\n", "fe80::/64", "fe80::a%eth1", "::%", "::1%", "1:2:3:4:5:6:7:৪",
				"1:2::192.16৪.0.1", "100:100:100:100:100:100:255.255.255.255.255", "[::1]", "::00001", "::1.2.3.04", "1:2:3:4:5:6:7:8::",
			},
		},
		{
			"uri", format.URI,
			[]string{
				"http://foo.bar/?baz=qux#quuz", "http://foo.com/blah_(wikipedia)_blah#cite-1", "http://foo.bar/?q=Test%20URL-encoded%20stuff", "http://xn--nw2a.xn--j6w193g/",
				"http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com", "http://223.255.255.254", "ftp://ftp.is.co.za/rfc/rfc1808.txt", "ldap://[2001:db8::7]/c=GB?objectClass?one",
				"mailto:John.Doe@example.com", "news:comp.infosystems.www.servers.unix", "tel:+1-816-555-1212", "urn:oasis:names:specification:docbook:dtd:xml:4.1.2", "http://foo.bar:80/", "http://foo.bar:/",
				"http://[v1.a:b]/", "a:", "a:b", "file:///etc/passwd", "http://", "javascript:alert(1)", "http://a?b?c/d#e?f/g", "http://a@b:1", "s+.-1:x", "a:/b//c", "http://256.256.256.256/",
			},
			[]string{
				"", "//foo.bar/?baz=qux#quuz", "/abc", `\\WINDOWS\fileshare`, "abc", "http:// shouldfail.com", ":// should fail", "bar,baz:foo", "https://[@example.org/test.txt",
				"https://example.org/foobar®.txt", `https://example.org/foobar\.txt`, `https://example.org/foobar".txt`, "https://example.org/foobar<>.txt", "https://example.org/foobar{}.txt",
				"https://example.org/foobar^.txt", "https://example.org/foobar`.txt", "https://example.org/foo bar.txt", "https://example.org/foobar|.txt", "https://example.org/[].txt", "http://a?[]", "http://a#[]",
				"http://a/%", "http://a/%2", "http://a/%zz", "http://a:80a/", "http://a:b", "http://[::1", "http://[::1]a", "http://[::1]:a", "http://[1]", "http://[fe80::1%25en0]/", "http://[v.a]", "http://[vz.a]", "http://[v1.]",
				"1http://a", "http://a#b#c", "http://a@b@c", "http://a\n", " http://a", "http://a/\x7f", "-a:b", "http://2001:0db8:85a3::7334",
			},
		},
		{
			"uri-reference", format.URIReference,
			[]string{"", "http://foo.bar/?baz=qux#quuz", "//foo.bar/?baz=qux#quuz", "/abc", "abc", "#fragment", "?q", "./a:b", "a/b:c", "..", "//", "/a//b", "%41"},
			[]string{`\\WINDOWS\fileshare`, `#frag\ment`, "unescaped®", "a b", ":a", "1:a", "a_b:c", "[a]", "%", "/foobar®.txt"},
		},
		{
			"iri", format.IRI,
			[]string{
				"http://ƒøø.ßår/?∂éœ=πîx#πîüx", "http://ƒøø.com/blah_(wîkïpédiå)_blah#ßité-1", "http://ƒøø.ßår/?q=Test%20URL-encoded%20stuff", "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com",
				"http://[2001:0db8:85a3:0000:0000:8a2e:0370:7334]", "http://a/?\ue000", "http://a/𠀀",
			},
			[]string{"", "http://2001:0db8:85a3:0000:0000:8a2e:0370:7334", "/abc", `\\WINDOWS\filëßåré`, "âππ", "é:x", "http://a/\ue000", "http://a/\ufffe", "http://a/\ufdd0", "http://a/\u0080", "http://a/\U0001fffe"},
		},
		{
			"iri-reference", format.IRIReference,
			[]string{"", "http://ƒøø.ßår/?∂éœ=πîx#πîüx", "//ƒøø.ßår/?∂éœ=πîx#πîüx", "/âππ", "âππ", "#ƒrägmênt"},
			[]string{`\\WINDOWS\filëßåré`, `#ƒräg\mênt`, "é:x"},
		},
		{
			"uri-template", format.URITemplate,
			[]string{
				"", "http://example.com/dictionary/{term:1}/{term}", "http://example.com/dictionary", "dictionary/{term:1}/{term}", "{+path}/here", "{#x,hello,y}", "X{.list*}", "{/var:1,var}", "{;x,y,empty}", "{?x,y}", "{&x}",
				"{a.b}", "{%41b}", "{_}", "{x:9999}", "{count*}", "it's", "ä{a}", "{=x}", "{,a}", "%41", "{a,b*}", "a[b]",
			},
			[]string{
				"http://example.com/dictionary/{term:1}/{term", "{", "}", "{}", "a}b", "{a", "{{a}}", "{a b}", "{a,}", "{a:}", "{a:0}", "{a:01}", "{a:10000}", "{a:1*}", "{a**}", "{a..b}", "{.}", "{a.}", "{-a}", "{$a}", "{é}", "{%4}",
				"a b", `a"b`, "a<b", `a\b`, "a^b", "a`b", "a|b", "%", "%4", "%zz", "a\x00", "a\x7f", "{/a:x}", "{+}",
			},
		},
		{
			"uuid", format.UUID,
			[]string{"2EB8AA08-AA98-11EA-B4AA-73B441D16380", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08-AA98-11ea-B4Aa-73B441D16380", "00000000-0000-0000-0000-000000000000", "98d80576-482e-427f-8434-7f86890ab222", "99c17cbb-656f-f64a-940f-1a4568f03487"},
			[]string{
				"", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08-aa98-11ea-73b441d16380", "2eb8aa08-aa98-11ea-b4ga-73b441d16380", "2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08aa98-11ea-b4aa73b441d16380", "2eb8-aa08-aa98-11ea-b4aa73b44-1d16380",
				"2eb8aa08aa9811eab4aa73b441d16380----", "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}", "urn:uuid:2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d16380 ",
			},
		},
		{
			"json-pointer", format.JSONPointer,
			[]string{"", "/", "/foo/bar~0/baz~1/%a", "/foo", "/foo/0", "/a~1b", "/c%d", "/e^f", "/g|h", `/i\j`, `/k"l`, "/ ", "/m~0n", "/foo/-", "//", "/foo//bar", "/~1.1", "/~01", "/é"},
			[]string{"#", "#/", "#a", "a", "0", "a/a", "/foo/bar~", "/~2", "/~-1", "/~~", "/~0~", "/~"},
		},
		{
			"relative-json-pointer", format.RelativeJSONPointer,
			[]string{"1", "0", "0/foo/bar", "2/0/baz/1/zip", "0#", "120/foo/bar", "10#", "0-1", "0+1/foo", "1-2#", "0/"},
			[]string{"", "/foo/bar", "-1/foo/bar", "+1/foo/bar", "0##", "01/a", "01#", "1a", "#", "0~", "0/~", "0+", "0-01", "৪/a", "0 "},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range c.yes {
				if !c.check(s) {
					t.Errorf("%q is refused", s)
				}
			}
			for _, s := range c.no {
				if c.check(s) {
					t.Errorf("%q is accepted", s)
				}
			}
		})
	}
}

func TestParseDateTimeReadsWhatTimeParseReads(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"2018-11-13T20:20:39+00:00", "2023-05-23T11:13:42.074Z", "0000-01-01T00:00:00Z", "1990-12-31T15:59:50.123456789-08:00", "2024-02-29T23:59:59+23:59",
	} {
		got, reason := format.ParseDateTime(s, false)
		want, err := time.Parse(time.RFC3339Nano, s)
		if reason != "" || err != nil || !got.Equal(want) {
			t.Errorf("%s: got %v %s, want %v", s, got, reason, want)
		}
	}
}

func TestParseDateTimeTurnsALeapSecondIntoTheNextDay(t *testing.T) {
	t.Parallel()
	got, reason := format.ParseDateTime("2016-12-31T15:59:60.5-08:00", false)
	if want := time.Date(2017, 1, 1, 0, 0, 0, 500_000_000, time.UTC); reason != "" || !got.Equal(want) {
		t.Errorf("got %v %s", got, reason)
	}
}

// FuzzFormats looks for panics, and for a URI that is no IRI and the like.
func FuzzFormats(f *testing.F) {
	for _, s := range []string{"2018-11-13T20:20:39+00:00", "a@b", "http://a@[::1]:1/b?c#d", "{a:1}", "xn--4gbwdl", "0-1/a", `"a\""@[IPv6:::1]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, pair := range [][2]func(string) bool{
			{format.URI, format.URIReference},
			{format.URI, format.IRI},
			{format.URIReference, format.IRIReference},
			{format.IRI, format.IRIReference},
			{format.Email, format.IDNEmail},
			{format.DateTime, format.DateTimeAssumingUTC},
			{format.JSONPointer, format.JSONPointer},
			{format.RelativeJSONPointer, format.RelativeJSONPointer},
			{format.URITemplate, format.URITemplate},
			{format.Hostname, format.Hostname},
			{format.UUID, format.UUID},
			{format.Date, format.Date},
			{format.Time, format.Time},
			{format.IPv4, format.IPv4},
			{format.IPv6, format.IPv6},
		} {
			if pair[0](s) && !pair[1](s) {
				t.Errorf("%q: the wider format refuses it", s)
			}
		}
	})
}
