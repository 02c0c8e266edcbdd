import StrataObjects

/// One check that a store of objects passes or fails by itself, on a store of its own.
struct ObjectLaw: Sendable {
    let name: String
    /// Where the store does not declare these, the law does not apply.
    let needs: ObjectStoreCapabilities
    let body: @Sendable (ObjectTrial) throws -> Void

    func check(_ make: () throws -> SharedObjects, _ options: ObjectStoreCheckOptions, _ report: inout StoreReport) {
        report.check(name) {
            guard options.includes(name) else { throw NotApplicable("it is not asked for") }
            let trial = try ObjectTrial(make(), options)
            try trial.need(needs)
            try body(trial)
        }
    }
}

/// The laws, family by family.
struct ObjectLawBook {
    private(set) var laws: [ObjectLaw] = []
    private var family = ""
    private var needs: ObjectStoreCapabilities = []

    /// Starts a family whose laws all need some capabilities.
    mutating func begin(_ family: String, needs: ObjectStoreCapabilities = []) {
        self.family = family
        self.needs = needs
    }

    /// Adds a law to the family.
    mutating func add(
        _ name: String, needs more: ObjectStoreCapabilities = [],
        _ body: @escaping @Sendable (ObjectTrial) throws -> Void
    ) { laws.append(ObjectLaw(name: "\(family): \(name)", needs: needs.union(more), body: body)) }

    /// All laws.
    static let whole: ObjectLawBook = {
        var book = ObjectLawBook()
        book.addReading()
        book.addAbsence()
        book.addInfo()
        book.addLimits()
        book.addStreams()
        book.addWriting()
        book.addStreamedWriting()
        book.addNames()
        book.addAbbreviations()
        book.addDistinguishing()
        book.addWalks()
        book.addWalksBesideWriters()
        book.addPeeling()
        book.addPins()
        book.addSharing()
        book.addReadOnly()
        book.addDamage()
        book.addCapabilities()
        return book
    }()
}

extension ObjectStoreCapabilities {
    /// The names of the capabilities, for people.
    var words: String {
        let all: [(ObjectStoreCapabilities, String)] = [(.writes, "writes"), (.pins, "pins"), (.durable, "durable")]
        return all.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}
