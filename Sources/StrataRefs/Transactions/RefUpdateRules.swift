import StrataModel

/// The verdicts on one update, in git's words.
struct RefUpdateRules {
    /// The name that is updated.
    let name: RefName
    /// The name that the caller gave.
    let original: RefName
    let logOnly: Bool
    let expected: ExpectedRefValue
    /// Whether a lock that is not to be had rejects the edit, as git has it in batches, or fails the transaction.
    let isBatched: Bool

    typealias Verdict = RefTransactionPlan.Verdict

    private func reject(_ reason: RefRejection.Reason, _ text: String) -> Verdict {
        .rejected(RefRejection(reason, at: name, text))
    }

    private func cannotLock(_ reason: RefRejection.Reason, _ text: String) -> Verdict {
        reject(reason, "cannot lock ref '\(original)': \(text)")
    }

    private func fail(_ text: String, _ cause: RefError? = nil) -> Verdict {
        .failed(
            RefError(
                cause?.code ?? .unavailable, "cannot lock ref '\(original)': \(text)", reference: original,
                path: cause?.path, cause: cause?.cause ?? cause))
    }

    // MARK: Expected values

    /// Checks the id that the reference holds; nil = it does not exist. A zero id counts as none, as everywhere in git.
    func check(_ found: ObjectID?) throws(Verdict) {
        if logOnly { return }
        let id = found.flatMap { $0.isZero ? nil : $0 }
        switch expected {
        case .any: return
        case .symbolic(let target):
            throw cannotLock(.expectedSymref, "expected symref with target '\(target)': but is a regular ref")
        case .mustExist: if id == nil { throw missing() }
        case .mustNotExist: if id != nil { throw cannotLock(.createExists, "reference already exists") }
        case .object(let wanted):
            if wanted.isZero {
                if id != nil { throw cannotLock(.createExists, "reference already exists") }
            } else if let id {
                if id != wanted { throw cannotLock(.incorrectOldValue, "is at \(id) but expected \(wanted)") }
            } else {
                throw cannotLock(.nonexistentRef, "reference is missing but expected \(wanted)")
            }
        case .objectIfExists(let wanted):
            if let id, id != wanted { throw cannotLock(.incorrectOldValue, "is at \(id) but expected \(wanted)") }
        }
    }

    /// Checks a symbolic reference that is not followed.
    ///
    /// - Returns: the id that it leads to.
    func checkUnfollowed(_ target: [UInt8], _ held: any HeldRefs) throws(Verdict) -> ObjectID? {
        var id: ObjectID?
        do throws(RefResolutionFailure) {
            guard let referent = try? RefName(bytes: target) else {
                throw .badTarget(name, target: target)
            }
            id = try RefResolver.resolve(referent) { name throws(RefError) in try held.read(name) }.id
        } catch {
            if case .unreadable(let failure) = error { throw .failed(failure) }
            if expected != .any { throw fail("error reading reference") }
        }
        if logOnly { return id }
        switch expected {
        case .symbolic(let wanted):
            if wanted.bytes != target {
                throw reject(
                    .incorrectOldValue,
                    "verifying symref target: '\(original)': is at \(String(decoding: target, as: UTF8.self)) but expected \(wanted)"
                )
            }
        case .mustNotExist:
            throw cannotLock(.createExists, id == nil ? "dangling symref already exists" : "reference already exists")
        case .object(let wanted) where wanted.isZero && id == nil:
            throw cannotLock(.createExists, "dangling symref already exists")
        case .mustExist: break
        default: try check(id)
        }
        return id
    }

    /// Whether the reference may be absent, when it is.
    func checkMayBeAbsent() throws(Verdict) {
        if expectsSomething { throw missing() }
    }

    /// Whether a reference with a bad name, whose value the store does not tell, can be deleted: if nothing is expected of that.
    func checkNameless() throws(Verdict) -> Bool {
        guard expected == .any || expected == .mustExist else { throw broken() }
        return true
    }

    /// Git's function: `ref_update_expects_existing_old_ref`.
    private var expectsSomething: Bool {
        if logOnly { return false }
        switch expected {
        case .mustExist, .symbolic: return true
        case .object(let id): return !id.isZero
        case .any, .mustNotExist, .objectIfExists: return false
        }
    }

    private func missing() -> Verdict {
        cannotLock(.nonexistentRef, "unable to resolve reference '\(name)'")
    }

    func broken() -> Verdict { fail("unable to resolve reference '\(name)': reference broken") }

    // MARK: Splitting

    func headTwice() -> Verdict {
        reject(
            .nameConflict,
            "multiple updates for 'HEAD' (including one via its referent '\(name)') are not allowed")
    }

    func twiceThroughSymref(_ referent: RefName) -> Verdict {
        reject(
            .nameConflict,
            "multiple updates for '\(referent)' (including one via symref '\(name)') are not allowed")
    }

    func headMoved() -> Verdict { .failed(RefError(.unavailable, "HEAD has been racily updated", reference: .head)) }

    func badReferent(_ target: [UInt8]) -> Verdict {
        fail("unable to resolve reference '\(String(decoding: target, as: UTF8.self))': reference broken")
    }

    // MARK: Locks

    /// What a name that could not be held means for the update. `conflict` is the reference that is in the way, if one is.
    func verdict(on failure: RefHoldFailure, _ conflict: String?) -> Verdict {
        switch failure {
        case .busy(let error): isBatched ? cannotLock(.createExists, error.message) : fail(error.message, error)
        case .failed(let error): fail(error.message, error)
        case .directoryInTheWay where expectsSomething: missing()
        case .conflict where expectsSomething: missing()
        case .conflict(let text): cannotLock(.nameConflict, text)
        case .directoryInTheWay:
            cannotLock(.nameConflict, conflict ?? failure.error(holding: name).message)
        case .obstructed:
            if let conflict {
                expectsSomething ? missing() : cannotLock(.nameConflict, conflict)
            } else {
                fail(failure.error(holding: name).message, failure.error(holding: name))
            }
        }
    }
}

extension RefHoldFailure {
    /// Whether something stands where the reference or its lock should be, perhaps a conflicting reference.
    var isInTheWay: Bool {
        switch self {
        case .obstructed, .directoryInTheWay: true
        case .busy, .failed, .conflict: false
        }
    }
}
