package idna

import "strings"

// The parameters of Punycode (RFC 3492, section 5).
const (
	base        = 36
	tMin        = 1
	tMax        = 26
	skew        = 38
	damp        = 700
	initialBias = 72
	initialN    = 0x80
)

// most is beyond the place of any code point in a label of 63 of them, and within
// 32 bits.
const most = 1 << 27

// decode is RFC 3492, section 6.2, for lower-case input of at most a label.
func decode(encoded string) ([]rune, bool) {
	if len(encoded) > maxLabel {
		return nil, false
	}
	var out []rune
	if i := strings.LastIndexByte(encoded, '-'); i >= 0 {
		out, encoded = []rune(encoded[:i]), encoded[i+1:]
	}
	n, i, bias := initialN, 0, initialBias
	for pos := 0; pos < len(encoded); {
		start, weight := i, 1
		for k := base; ; k += base {
			if pos == len(encoded) {
				return nil, false
			}
			digit, ok := digitOf(encoded[pos])
			pos++
			if !ok {
				return nil, false
			}
			if digit > (most-i)/weight {
				return nil, false
			}
			i += digit * weight
			t := threshold(k, bias)
			if digit < t {
				break
			}
			if weight > most/(base-t) {
				return nil, false
			}
			weight *= base - t
		}
		count := len(out) + 1
		bias = adapt(i-start, count, start == 0)
		n += i / count
		i %= count
		if n > 0x10FFFF || n >= 0xD800 && n <= 0xDFFF {
			return nil, false
		}
		out = append(out, 0)
		copy(out[i+1:], out[i:])
		out[i] = rune(n)
		i++
	}
	return out, len(out) > 0
}

// encode is RFC 3492, section 6.3, for at most as many characters as a label
// can hold.
func encode(label []rune) (string, bool) {
	if len(label) > maxLabel {
		return "", false
	}
	var out []byte
	for _, c := range label {
		if c < 0x80 {
			out = append(out, byte(c))
		}
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(initialN), 0, initialBias
	for done := basic; done < len(label); {
		next := rune(0x10FFFF)
		for _, c := range label {
			if c >= n && c < next {
				next = c
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, c := range label {
			if c < n {
				delta++
			}
			if c != n {
				continue
			}
			q := delta
			for k := base; ; k += base {
				t := threshold(k, bias)
				if q < t {
					break
				}
				out = append(out, digits[t+(q-t)%(base-t)])
				q = (q - t) / (base - t)
			}
			out = append(out, digits[q])
			bias = adapt(delta, done+1, done == basic)
			delta = 0
			done++
		}
		delta++
		n++
	}
	return string(out), true
}

const digits = "abcdefghijklmnopqrstuvwxyz0123456789"

func digitOf(c byte) (int, bool) {
	i := strings.IndexByte(digits, c)
	return i, i >= 0
}

func threshold(k, bias int) int { return min(max(k-bias, tMin), tMax) }

func adapt(delta, count int, first bool) int {
	if first {
		delta /= damp
	} else {
		delta /= 2
	}
	delta += delta / count
	k := 0
	for ; delta > (base-tMin)*tMax/2; k += base {
		delta /= base - tMin
	}
	return k + (base-tMin+1)*delta/(delta+skew)
}
