import StrataRefs

/// One check that a store passes or fails by itself, on a store of its own.
struct RefStoreLaw: Sendable {
    let name: String
    /// Where the store does not declare these, the law does not apply.
    let needs: RefStoreCapabilities
    /// Whether it only reads the references of ``Forest``, so that it needs no store of its own.
    let readsForest: Bool
    let body: @Sendable (Trial) throws -> Void

    func check(
        _ make: () throws -> SharedReferences, _ options: RefStoreCheckOptions, _ forest: inout Trial?,
        _ report: inout StoreReport
    ) {
        report.check(name) {
            guard options.includes(name) else { throw NotApplicable("it is not asked for") }
            let trial = try readsForest ? Self.plant(&forest, make, options) : Trial(make(), options)
            let missing = needs.subtracting(trial.capabilities)
            guard missing.isEmpty else { throw NotApplicable("the store declares no \(missing.words)") }
            try body(trial)
        }
    }
}

extension RefStoreLaw {
    /// The store with the references of ``Forest``, made when it is first needed.
    private static func plant(
        _ forest: inout Trial?, _ make: () throws -> SharedReferences, _ options: RefStoreCheckOptions
    ) throws -> Trial {
        if let forest { return forest }
        let trial = try Trial(make(), options)
        try Forest.seed(trial)
        forest = trial
        return trial
    }
}

/// The laws, family by family.
struct LawBook {
    private(set) var laws: [RefStoreLaw] = []
    private var family = ""
    private var needs: RefStoreCapabilities = []

    /// Starts a family whose laws all need some capabilities.
    mutating func begin(_ family: String, needs: RefStoreCapabilities = []) {
        self.family = family
        self.needs = needs
    }

    /// Adds a law to the family.
    mutating func add(
        _ name: String, needs more: RefStoreCapabilities = [], _ body: @escaping @Sendable (Trial) throws -> Void
    ) {
        laws.append(
            RefStoreLaw(name: "\(family): \(name)", needs: needs.union(more), readsForest: false, body: body))
    }

    /// Adds a law that finds the references of ``Forest``, and only reads.
    mutating func addReader(
        _ name: String, needs more: RefStoreCapabilities = [], _ body: @escaping @Sendable (Trial) throws -> Void
    ) {
        laws.append(
            RefStoreLaw(name: "\(family): \(name)", needs: needs.union(more), readsForest: true, body: body))
    }

    /// All laws.
    static let whole: LawBook = {
        var book = LawBook()
        book.addReading()
        book.addNames()
        book.addOrder()
        book.addScopes()
        book.addSeeking()
        book.addListing()
        book.addSnapshots()
        book.addHolds()
        book.addStaging()
        book.addExpectedValues()
        book.addChanges()
        book.addConflicts()
        book.addAtomicity()
        book.addBatches()
        book.addSymbolic()
        book.addHeadsLog()
        book.addReflogPolicy()
        book.addReflogLines()
        book.addReflogAccess()
        book.addStamps()
        book.addObservers()
        book.addSubmission()
        book.addCapabilities()
        book.addLimits()
        book.addReadOnly()
        book.addReturning()
        book.addConflictsBehind()
        book.addPeeling()
        book.addDamage()
        return book
    }()
}

extension RefStoreCapabilities {
    /// The names of the capabilities, for people.
    var words: String {
        let all: [(RefStoreCapabilities, String)] = [
            (.writes, "writes"), (.symbolicRefs, "symbolicRefs"), (.reflogs, "reflogs"),
            (.atomicForReaders, "atomicForReaders"), (.snapshotIsolation, "snapshotIsolation"),
            (.perWorktreeRefs, "perWorktreeRefs"), (.stamps, "stamps"), (.wholeListings, "wholeListings"),
        ]
        return all.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}
