import StrataModel

/// A walk over a sorted ``RefRun``.
public struct RefRunCursor: RefCursor {
    private let run: RefRun
    private var index: Int
    private var scope: ScopeBox

    /// Walks the references of `run`, which must be sorted by name, that lie in `scope`.
    public init(_ run: RefRun, over scope: RefScope) {
        self.run = run
        self.scope = ScopeBox(scope)
        index = run.lowerBound(scope.start.span)
    }

    public mutating func next() throws(RefError) -> RefView? {
        while index < run.count {
            let view = run[index]
            switch scope.scope.judge(view.name) {
            case .inside:
                index += 1
                return view
            case .skip(let past): index = run.lowerBound(past.span)
            case .end: index = run.count
            }
        }
        return nil
    }

    public mutating func seek(_ scope: RefScope) throws(RefError) {
        self.scope = ScopeBox(scope)
        index = run.lowerBound(scope.start.span)
    }
}

/// A scope behind one pointer, so that cursors stay small.
public final class ScopeBox: Sendable {
    public let scope: RefScope
    public init(_ scope: RefScope) { self.scope = scope }
}
