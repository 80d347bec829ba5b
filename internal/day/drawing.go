package day

import (
	"fmt"
	"math"
	"strings"
)

// The drawing: panels one below the other, over the same 24 hours.
const (
	drawnWide   = 900
	drawnLeft   = 70
	drawnRight  = 20
	drawnTop    = 60
	panelHigh   = 120
	panelGap    = 44
	drawnBottom = 40
)

// style is readable on light and on dark.
const style = `<style>
text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#24292f}
.title{font-size:16px;font-weight:600}.name{font-weight:600}.tick{fill:#57606a}
.paper{fill:#ffffff}.grid{stroke:#d0d7de;stroke-width:1}.axis{stroke:#8c959f;stroke-width:1}
.bar{fill:#0969da}.area{fill:#bf8700;fill-opacity:.25;stroke:#9a6700;stroke-width:1.5}
.share{fill:none;stroke:#1a7f37;stroke-width:2}.staff{fill:#8250df;fill-opacity:.2;stroke:#8250df;stroke-width:1.5}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.tick{fill:#9198a1}.paper{fill:#0d1117}.grid{stroke:#30363d}.axis{stroke:#6e7681}
.bar{fill:#4493f8}.area{fill:#d29922;stroke:#d29922}.share{stroke:#3fb950}.staff{fill:#a371f7;stroke:#a371f7}}
</style>`

// panel is one of the graphs.
type panel struct {
	name   string
	class  string // bar, area, share or staff
	values [48]float64
	known  [48]bool // whether there is a value; where there is none, nothing is drawn
	top    float64  // of the axis; 0: as much as it needs
	unit   string
}

// SVG draws the day, by half hours: how many requests came in, how many were waiting, what share
// was answered in time, and how many workers were available.
func (r *Report) SVG() []byte {
	s := &r.series
	panels := []panel{
		{name: "Tasks that came in, per half hour", class: "bar"},
		{name: "Tasks waiting, on average", class: "area"},
		{name: "Answered within " + short(r.Options.Within[0]), class: "share", top: 100, unit: " %"},
		{name: "Workers available, on average", class: "staff"},
	}
	for n := range 48 {
		panels[0].set(n, float64(s.arrivals[n]), true)
		panels[1].set(n, float64(s.waiting[n])/float64(max(s.spent[n], 1)), s.spent[n] > 0)
		panels[2].set(n, 100*float64(s.served[n])/float64(max(s.counted[n], 1)), s.counted[n] > 0)
		panels[3].set(n, float64(s.atWork[n])/float64(max(s.spent[n], 1)), s.spent[n] > 0)
	}
	high := drawnTop + len(panels)*(panelHigh+panelGap) - panelGap + drawnBottom
	var b strings.Builder
	title := fmt.Sprintf("A day of %s requests and %d workers, seed %d", thousands(r.Requests), r.Options.Workers, r.Options.Seed)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n", drawnWide, high, drawnWide, high, title)
	b.WriteString(style + "\n")
	fmt.Fprintf(&b, `<rect class="paper" width="%d" height="%d"/>`+"\n", drawnWide, high)
	fmt.Fprintf(&b, `<text class="title" x="%d" y="26">%s</text>`+"\n", drawnLeft, title)
	for n := range panels {
		panels[n].draw(&b, drawnTop+n*(panelHigh+panelGap))
	}
	fmt.Fprintf(&b, `<text class="tick" x="%d" y="%d" text-anchor="end">time of day</text>`+"\n", drawnWide-drawnRight, high-6)
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func (p *panel) set(n int, value float64, known bool) { p.values[n], p.known[n] = value, known }

// across is where a half hour begins.
func across(n int) float64 {
	return drawnLeft + float64(n)*(drawnWide-drawnLeft-drawnRight)/48
}

// draw draws a panel, whose upper edge is at y.
func (p *panel) draw(b *strings.Builder, y int) {
	most := p.top
	if most == 0 {
		for _, v := range p.values {
			most = math.Max(most, v)
		}
	}
	step := niceStep(most / 4)
	most = math.Ceil(most/step-1e-9) * step
	up := func(v float64) float64 { return float64(y+panelHigh) - v/most*panelHigh }
	fmt.Fprintf(b, `<text class="name" x="%d" y="%d">%s</text>`+"\n", drawnLeft, y-10, p.name)
	for v := 0.0; v <= most+step/2; v += step {
		fmt.Fprintf(b, `<line class="grid" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/>`, drawnLeft, up(v), drawnWide-drawnRight, up(v))
		fmt.Fprintf(b, `<text class="tick" x="%d" y="%.1f" text-anchor="end">%s%s</text>`+"\n", drawnLeft-8, up(v)+4, plainly(v), p.unit)
	}
	p.plot(b, up)
	fmt.Fprintf(b, `<line class="axis" x1="%d" y1="%d" x2="%d" y2="%d"/>`+"\n", drawnLeft, y+panelHigh, drawnWide-drawnRight, y+panelHigh)
	for hour := 0; hour <= 24; hour += 3 {
		at := across(2 * hour)
		fmt.Fprintf(b, `<line class="axis" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`, at, y+panelHigh, at, y+panelHigh+4)
		fmt.Fprintf(b, `<text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", at, y+panelHigh+17, clockFace(hour))
	}
}

func clockFace(hour int) string { return fmt.Sprintf("%02d:00", hour) }

// plainly writes a number without what it does not need.
func plainly(v float64) string {
	if v == math.Trunc(v) {
		return thousands(int(v))
	}
	return fmt.Sprintf("%.1f", v)
}

// plot draws the values themselves.
func (p *panel) plot(b *strings.Builder, up func(float64) float64) {
	if p.class == "bar" {
		for n, v := range p.values {
			if p.known[n] && v > 0 {
				fmt.Fprintf(b, `<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, across(n)+1.5, up(v), across(1)-across(0)-3, up(0)-up(v))
			}
		}
		b.WriteString("\n")
		return
	}
	var path strings.Builder
	began := -1
	flush := func(end int) {
		if began < 0 {
			return
		}
		if p.class != "share" { // it stands on the axis
			fmt.Fprintf(&path, "L%.1f %.1fL%.1f %.1fZ", across(end), up(0), across(began), up(0))
		}
		began = -1
	}
	for n, v := range p.values {
		switch {
		case !p.known[n]:
			flush(n)
			continue
		case began < 0:
			began = n
			fmt.Fprintf(&path, "M%.1f %.1f", across(n), up(v))
		default:
			fmt.Fprintf(&path, "L%.1f %.1f", across(n), up(v))
		}
		fmt.Fprintf(&path, "L%.1f %.1f", across(n+1), up(v))
	}
	flush(48)
	fmt.Fprintf(b, `<path class="%s" d="%s"/>`+"\n", p.class, path.String())
}

// niceStep is the next step of an axis that is 1, 2 or 5 times a power of ten.
func niceStep(least float64) float64 {
	if least <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, times := range []float64{1, 2, 5} {
		if times*power >= least-1e-9 {
			return times * power
		}
	}
	return 10 * power
}
