package day

import "errors"

type Report struct {
	p *picture
	d *day
}

func (d *day) end() (*Report, error) {
	if len(d.picture.wrong) > 0 {
		return &Report{d.picture, d}, &FaultsError{d.picture.wrong}
	}
	return &Report{d.picture, d}, errors.Join()
}
