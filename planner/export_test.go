package planner

// EdgeCount is how many edges between jobs the plan has drawn.
func (p *Plan) EdgeCount() int { return len(p.edges.all) }
