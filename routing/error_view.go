package routing

import (
	"cmp"
	"errors"
	"fmt"
)

// ErrorView is what the APIs show of an error, with the status of HTTP.
type ErrorView struct {
	Code     int    `json:"code"`
	Message  string `json:"message"`
	MoreInfo string `json:"more_info"`
	Status   int    `json:"status"`
	// Details say more where there is more to say.
	Details ErrorDetails `json:"details,omitzero"`
}

// ErrorDetails are the particulars of an error. They are an object: that is what client
// libraries of the platform read, and some fail where it is an array.
type ErrorDetails struct {
	// Problems are all that is wrong with a request, each with its path.
	Problems []ProblemView `json:"problems,omitempty"`
}

// IsZero reports whether there are no particulars.
func (d ErrorDetails) IsZero() bool { return len(d.Problems) == 0 }

// ProblemView is what is shown of a problem.
type ProblemView struct {
	Path    string `json:"path"`
	Message string `json:"message"`
	Code    int    `json:"code,omitempty"`
}

// MoreInfo is where the platform explains an error code.
func MoreInfo(code int) string { return fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code) }

// statusBadRequest is that of HTTP for what is wrong with a request, or not possible now:
// the platform makes no difference.
const statusBadRequest = 400

// ShowError returns what the APIs show of an error of this package, or of one that wraps
// such: a [*ProblemsError] or a [*RefusedError]. Of any other it knows nothing, and says so.
func ShowError(err error) (view ErrorView, known bool) {
	if problems, ok := errors.AsType[*ProblemsError](err); ok {
		view.Message = problems.Error()
		for _, p := range problems.Problems {
			view.Code = cmp.Or(view.Code, p.Code)
			view.Details.Problems = append(view.Details.Problems, ProblemView(p))
		}
	} else if refused, ok := errors.AsType[*RefusedError](err); ok {
		view.Code, view.Message = refused.Code, cmp.Or(refused.Text, refused.Err.Error())
	} else {
		return ErrorView{}, false
	}
	view.Code, view.Status = cmp.Or(view.Code, CodeInvalid), statusBadRequest
	view.MoreInfo = MoreInfo(view.Code)
	return view, true
}
