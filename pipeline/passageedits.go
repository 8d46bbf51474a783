package pipeline

import (
	"context"
	"slices"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// matchRange is the matches at some texts on their way to edits.
type matchRange struct {
	runs  []passage.Run
	docs  []uint32
	edits []passage.Edit
}

// runsAtOnce is the number of runs from which on a matchRange is sent. Each one costs a
// look at every large text that has first occurrences.
const runsAtOnce = 4096

func (s *passageSearch) makeEdits(ctx context.Context, matches *extsort.Triples) error {
	return throughWorkers(ctx, s.job.options.Threads, func(_ context.Context, send func(*matchRange) error) error {
		r := new(matchRange)
		err := matches.Sort(func(sorted []extsort.Triple) error {
			for _, t := range sorted {
				m := passage.Match{At: passage.Position(t[0]), First: passage.Position(t[1])}
				if n := len(r.runs); n >= runsAtOnce && r.runs[n-1].At.Doc() != m.At.Doc() {
					if err := send(r); err != nil {
						return err
					}
					r = new(matchRange)
				}
				r.runs = passage.AppendMatch(r.runs, m)
			}
			return nil
		})
		if err != nil || len(r.runs) == 0 {
			return err
		}
		return send(r)
	}, func() func(*matchRange) error { return s.newEditor(ctx) }, func(r *matchRange) error {
		for i, doc := range r.docs {
			if err := s.passages.edits.Add(s.passages.texts.ids[doc], r.edits[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// newEditor returns one worker's function that makes edits of matches.
func (s *passageSearch) newEditor(ctx context.Context) func(*matchRange) error {
	texts := s.passages.texts
	cached := min(s.budget.Work/int64(s.job.options.Threads)/cachedTexts/4, passage.LargeText)
	finder := passage.NewFinder(s.o, s.hash, nil, passage.Texts{
		Reader: func() func(uint32) ([]byte, error) { return texts.reader(cached) },
		Size:   func(doc uint32) int { return texts.rows.RowLen(int(doc)) },
	})
	remains := newRemainder()
	return func(r *matchRange) error {
		var own, first int64 // the largest
		for i := range r.runs {
			own, first = max(own, s.largeBytes(r.runs[i].At.Doc())), max(first, s.largeBytes(r.runs[i].First.Doc()))
		}
		return s.withRoom(ctx, spansWeight*max(own, first), func() error {
			return finder.Spans(r.runs, func(doc uint32, text []byte, spans []passage.Span) error {
				if len(spans) == 0 {
					return nil
				}
				e := passage.Edit{Spans: slices.Clip(spans)}
				if !remains(text, &e) {
					e.Fate = passage.Emptied
				}
				r.docs, r.edits = append(r.docs, doc), append(r.edits, e)
				return nil
			})
		})
	}
}
