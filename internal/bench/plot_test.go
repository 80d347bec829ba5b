package bench_test

import (
	"fmt"
	"math"
	"strings"
)

// The plot: a panel for each figure that is measured on more and more data, in two columns.
const (
	plotWide    = 900
	panelWide   = 340
	panelHigh   = 110
	panelAcross = 440 // from one panel to the next
	panelDown   = 180
	plotLeft    = 70
	plotTop     = 90
)

// plotStyle is readable on light and on dark.
const plotStyle = `<style>
text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#24292f}
.title{font-size:16px;font-weight:600}.name{font-weight:600}.tick{fill:#57606a}
.paper{fill:#ffffff}.grid{stroke:#d0d7de;stroke-width:1}.axis{stroke:#8c959f;stroke-width:1}
.limit{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:6 4}.line{fill:none;stroke:#0969da;stroke-width:2}.dot{fill:#0969da}.hand{fill:none;stroke:#8c959f;stroke-width:2}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.tick{fill:#9198a1}.paper{fill:#0d1117}.grid{stroke:#30363d}.axis{stroke:#6e7681}
.limit{stroke:#f85149}.line{stroke:#4493f8}.dot{fill:#4493f8}.hand{stroke:#6e7681}}
</style>`

// plot draws how what is measured grows with the data.
func (all figures) plot() []byte {
	var growing []target
	for _, t := range targets {
		if t.grows() {
			growing = append(growing, t)
		}
	}
	high := plotTop + (len(growing)+1)/2*panelDown
	var to strings.Builder
	title := "A hundred times the data: time of one operation, as a multiple of that with the least data"
	fmt.Fprintf(&to, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n%s\n", plotWide, high, plotWide, high, title, plotStyle)
	fmt.Fprintf(&to, `<rect class="paper" width="%d" height="%d"/>`+"\n", plotWide, high)
	fmt.Fprintf(&to, `<text class="title" x="%d" y="28">%s</text>`+"\n", plotLeft-40, title)
	fmt.Fprintf(&to, `<text class="tick" x="%d" y="50">The dashed line is the target, the grey one what is done by hand, with the least and the most data.</text>`+"\n", plotLeft-40)
	for n, t := range growing {
		panel{t, all.Figures[t.id], float64(plotLeft + n%2*panelAcross), float64(plotTop + n/2*panelDown)}.draw(&to)
	}
	to.WriteString("</svg>\n")
	return []byte(to.String())
}

// panel is one of the graphs, with where its upper left corner is.
type panel struct {
	target

	figure

	x, y float64
}

func (p panel) draw(to *strings.Builder) {
	sizes, hands := p.sizes()
	most := 1.5
	for _, s := range sizes {
		most = math.Max(most, math.Ceil(s.Verdict*2)/2)
	}
	up := func(v float64) float64 { return p.y + panelHigh - v/most*panelHigh }
	across := func(n int) float64 { return p.x + 30 + float64(n)*(panelWide-60)/float64(len(sizes)-1) }
	fmt.Fprintf(to, `<text class="name" x="%.0f" y="%.0f">%s</text>`+"\n", p.x, p.y-12, p.what)
	for v := 0.0; v < most+0.01; v += most / 3 {
		fmt.Fprintf(to, `<line class="grid" x1="%.0f" y1="%.1f" x2="%.0f" y2="%.1f"/>`, p.x, up(v), p.x+panelWide, up(v))
		fmt.Fprintf(to, `<text class="tick" x="%.0f" y="%.1f" text-anchor="end">%.1f</text>`+"\n", p.x-8, up(v)+4, v)
	}
	fmt.Fprintf(to, `<line class="limit" x1="%.0f" y1="%.1f" x2="%.0f" y2="%.1f"/>`+"\n", p.x, up(p.limit), p.x+panelWide, up(p.limit))
	if len(hands) > 0 {
		last := hands[len(hands)-1].Verdict / hands[0].Verdict
		fmt.Fprintf(to, `<polyline class="hand" points="%.1f,%.1f %.1f,%.1f"/>`+"\n", across(0), up(1), across(len(sizes)-1), up(math.Min(last, most)))
	}
	points := make([]string, len(sizes))
	for n, s := range sizes {
		points[n] = fmt.Sprintf("%.1f,%.1f", across(n), up(s.Verdict))
	}
	fmt.Fprintf(to, `<polyline class="line" points="%s"/>`+"\n", strings.Join(points, " "))
	for n, s := range sizes {
		fmt.Fprintf(to, `<circle class="dot" cx="%.1f" cy="%.1f" r="3.5"/>`, across(n), up(s.Verdict))
		beside := up(s.Verdict) + 20 // below, where there is room
		if s.Verdict < most/3 {
			beside -= 30
		}
		fmt.Fprintf(to, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, across(n), beside, p.unit.amount(s.Takes))
		fmt.Fprintf(to, `<text class="tick" x="%.1f" y="%.0f" text-anchor="middle">%s</text>`+"\n", across(n), p.y+panelHigh+17, thousands(s.Name))
	}
	fmt.Fprintf(to, `<line class="axis" x1="%.0f" y1="%.0f" x2="%.0f" y2="%.0f"/>`+"\n", p.x, p.y+panelHigh, p.x+panelWide, p.y+panelHigh)
	fmt.Fprintf(to, `<text class="tick" x="%.0f" y="%.0f" text-anchor="end">%s</text>`+"\n", p.x+panelWide, p.y+panelHigh+34, p.beside)
}

// thousands gives the digits of a number commas.
func thousands(digits string) string {
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
