/// One thing that happened to, or was seen of, a few references between two moments of a history.
///
/// References are slots, values are numbers: 0 is none, and no two changes write the same one.
struct HistoryOperation: Sendable {
    /// What a reference must hold.
    enum Requirement: Sendable, Equatable {
        case anything
        case value(Int)
        case valueOrNothing(Int)
        case something
        /// Something, and not this.
        case other(than: Int)

        func admits(_ value: Int) -> Bool {
            switch self {
            case .anything: true
            case .value(let wanted): value == wanted
            case .valueOrNothing(let wanted): value == wanted || value == 0
            case .something: value != 0
            case .other(let unwanted): value != 0 && value != unwanted
            }
        }

        /// The value that is spoken of.
        var mentioned: Int? {
            switch self {
            case .value(let value), .valueOrNothing(let value), .other(let value): value
            case .anything, .something: nil
            }
        }
    }

    /// What the operation has to do with one reference.
    struct Touch: Sendable, Equatable {
        let slot: Int
        let requires: Requirement
        /// What the reference holds after it; nil = as before.
        var writes: Int?
    }

    let thread: Int
    /// The moments at which the call began and ended, on the history's clock: it took effect at one moment between.
    let start: Int
    let end: Int
    var touches: [Touch]
    /// Whether it took effect at all is known; a call that failed without a verdict may have or not, also later.
    var isCertain = true
    /// Whether what it looks at is seen at one moment; if not, each reference at a moment of its own, but no change in parts.
    var isAtOneMoment = true
    /// The call and its answer.
    let text: String

    var isChange: Bool { touches.contains { $0.writes != nil } }

    /// The bits of the slots that it has to do with.
    var slots: UInt64 { touches.reduce(0) { $0 | 1 << UInt64($1.slot) } }

    /// The last moment at which it can have taken effect.
    var limit: Int { isCertain ? end : .max }

    /// What it has to do with `slots`, which are numbered anew by their order; nil = nothing.
    func projected(to slots: [Int]) -> HistoryOperation? {
        var copy = self
        copy.touches = touches.compactMap { touch in
            slots.firstIndex(of: touch.slot).map { Touch(slot: $0, requires: touch.requires, writes: touch.writes) }
        }
        return copy.touches.isEmpty ? nil : copy
    }

    /// One line of a report.
    var line: String { end == .max ? text : "\(start) to \(end), thread \(thread): \(text)" }
}
