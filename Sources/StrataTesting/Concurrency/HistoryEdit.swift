import StrataModel
import StrataRefs

/// An edit of a concurrent history and what it means for its slot.
struct HistoryEdit: Sendable {
    let edit: RefEdit
    let touch: HistoryOperation.Touch

    /// An edit of `slot` under `name`, which is the slot's or leads there.
    init(_ name: RefName, _ slot: Int, writes: Int?, requires: HistoryOperation.Requirement, _ values: HistoryValues) {
        let isLink = slot == HistoryValues.link
        let change: RefEdit.Change =
            switch writes {
            case nil: .verify
            case 0?: .delete
            case let number?: .write(isLink ? .symbolic(values.target(number)) : .object(values.id(number)))
            }
        let expected: ExpectedRefValue =
            switch requires {
            case .anything: .any
            case .something, .other: .mustExist
            case .value(0): .mustNotExist
            case .value(let number): isLink ? .symbolic(values.target(number)) : .object(values.id(number))
            case .valueOrNothing(let number): .objectIfExists(values.id(number))
            }
        edit = RefEdit(name, change, expecting: expected, followsSymbolic: !isLink)
        touch = HistoryOperation.Touch(slot: slot, requires: requires, writes: writes)
    }

    /// What it does to the references when it is accepted: also to the one that its own excludes.
    var touches: [HistoryOperation.Touch] {
        guard let value = touch.writes, value != 0, let other = HistoryValues.excluded(by: touch.slot) else {
            return [touch]
        }
        return [touch, .init(slot: other, requires: .value(0), writes: nil)]
    }

    /// What is known of the reference when the edit was rejected for `reason`; nil = nothing.
    ///
    /// - Parameter isBatched: in a batch, a lock that was not to be had reads like a reference that exists.
    func seen(by rejection: RefRejection, isBatched: Bool) -> HistoryOperation.Touch? {
        let known: HistoryOperation.Requirement
        switch (rejection.reason, touch.requires) {
        case (.createExists, .value(0)) where !isBatched: known = .something
        case (.nonexistentRef, .value), (.nonexistentRef, .something): known = .value(0)
        case (.incorrectOldValue, .value(let number)) where number != 0: known = .other(than: number)
        case (.incorrectOldValue, .valueOrNothing(let number)): known = .other(than: number)
        default: return nil
        }
        return .init(slot: touch.slot, requires: known, writes: nil)
    }

    var text: String {
        let condition =
            switch touch.requires {
            case .anything: ""
            case .value(0): " from nothing"
            case .value(let number): " from #\(number)"
            case .valueOrNothing(let number): " from #\(number) or nothing"
            case .something, .other: " from something"
            }
        return switch touch.writes {
        case nil: "\(edit.name) verified\(condition.replacingFrom)"
        case 0?: "\(edit.name)\(condition) to nothing"
        case let number?: "\(edit.name)\(condition) to #\(number)"
        }
    }
}

extension String {
    /// A condition that is checked alone.
    fileprivate var replacingFrom: String { hasPrefix(" from ") ? " to be " + dropFirst(6) : self }
}
