public import StrataModel

/// Tells whether transactions that take several steps came between several reads of a store.
///
/// A store whose transactions become visible step by step gives its snapshots one. Who reads several references, through one snapshot or
/// through those of several stores, asks for the moment before and whether it still lasts after; if not, it reads again
/// (``reading(_:)``). Safe to share between threads.
public protocol RefReadWatch: AnyObject, Sendable {
    /// This moment.
    func moment() throws(RefError) -> RefReadMoment

    /// Whether no transaction of several steps has begun or ended since `moment`.
    func lasts(_ moment: RefReadMoment) throws(RefError) -> Bool

    /// Asks writers to begin no transaction of several steps for some milliseconds: a reader has found no time between them in `tries` tries. The
    /// more, the longer.
    func askForPause(after tries: Int)
}

/// A stretch of time in which no transaction of several steps begins or ends.
public struct RefReadMoment: Sendable {
    /// The number of such events before it.
    public let sequence: UInt64
    /// What the store knows of the moment, the transactions under way in it for one; its own affair.
    public let knowledge: (any AnyObject & Sendable)?

    public init(sequence: UInt64, knowledge: (any AnyObject & Sendable)?) {
        self.sequence = sequence
        self.knowledge = knowledge
    }
}

extension RefReadWatch {
    /// Runs `body`, again and again if need be, until what it reads was read in one moment, which it is given.
    ///
    /// Writers are asked for a pause after some tries, and after ``RefReading/mostTries`` the last answer counts, of which each part was true.
    @inlinable
    public func reading<T>(_ body: (RefReadMoment) throws(RefError) -> T) throws(RefError) -> T {
        var tries = 0
        while true {
            let moment = try moment()
            let answer = try body(moment)
            tries += 1
            if try lasts(moment) || tries == RefReading.mostTries { return answer }
            if tries >= RefReading.patience { askForPause(after: tries) }
        }
    }
}

/// How often a reader repeats itself.
public enum RefReading {
    /// The tries after which writers are asked for a pause.
    public static let patience = 3
    /// The tries after which the reader takes what it has.
    public static let mostTries = 12
}

extension [any RefReadWatch] {
    /// Runs `body` until what it reads was read in one moment of all these.
    func reading<T>(_ body: () throws(RefError) -> T) throws(RefError) -> T {
        guard let last else { return try body() }
        let rest = Array(dropLast())
        return try last.reading { _ throws(RefError) in try rest.reading(body) }
    }

    /// Each once.
    func withoutRepeats() -> Self {
        var seen: Self = []
        for watch in self where !seen.contains(where: { $0 === watch }) { seen.append(watch) }
        return seen
    }
}

extension RefSnapshot {
    /// None: a snapshot that never shows part of a transaction, or cannot tell.
    public var watches: [any RefReadWatch] { [] }

    /// One after the other, until no transaction came between.
    public func read(_ names: [RefName]) throws(RefError) -> [RefValue?] {
        try watches.reading { () throws(RefError) in
            var values: [RefValue?] = []
            values.reserveCapacity(names.count)
            for name in names { values.append(try read(name)) }
            return values
        }
    }
}
