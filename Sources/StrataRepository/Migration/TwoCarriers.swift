import StrataRefs

/// Hands on references to one and to the other.
final class TwoCarriers: RefCarrier {
    private let (first, second): (any RefCarrier, any RefCarrier)

    init(_ first: any RefCarrier, _ second: any RefCarrier) { (self.first, self.second) = (first, second) }

    func begin(_ worktree: [UInt8]?) throws(RefError) {
        try first.begin(worktree)
        try second.begin(worktree)
    }

    func add(_ ref: CarriedRef) throws(RefError) {
        try first.add(ref)
        try second.add(ref)
    }

    func add(line: [UInt8]) throws(RefError) {
        try first.add(line: line)
        try second.add(line: line)
    }
}
