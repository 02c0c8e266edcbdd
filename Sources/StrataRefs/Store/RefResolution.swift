public import StrataModel

/// Where a name leads through symbolic references.
public struct RefResolution: Sendable, Hashable {
    /// The last name of the chain.
    public let name: RefName
    /// What it holds; nil when nothing exists there (a dangling symbolic reference, or no reference at all).
    public let id: ObjectID?
    /// What that object peels to, where the store keeps it.
    public let peeled: ObjectID?
    /// How many symbolic references were followed.
    public let hops: Int
}

/// Why a name leads nowhere.
public enum RefResolutionFailure: Error, Sendable {
    /// More than ``RefResolver/maximumReads`` references would have to be read.
    case tooDeep(RefName)
    /// A symbolic reference whose target is no refname.
    case badTarget(RefName, target: [UInt8])
    /// The last reference is broken.
    case broken(RefName)
    /// It could not be read.
    case unreadable(RefError)

    /// The failure as a store's error.
    public var error: RefError {
        switch self {
        case .tooDeep(let name):
            RefError(.corrupt, "'\(name)' leads through too many symbolic references", reference: name)
        case .badTarget(let name, let target):
            RefError(
                .corrupt,
                "'\(name)' is a symbolic reference to '\(String(decoding: target, as: UTF8.self))', which is no refname",
                reference: name)
        case .broken(let name): RefError(.corrupt, "reference broken: '\(name)'", reference: name)
        case .unreadable(let error): error
        }
    }
}

/// Follows symbolic references, over any way to read one.
public enum RefResolver {
    /// The most references that are read for one name (git's `SYMREF_MAXDEPTH`): four symbolic ones and a last.
    public static let maximumReads = 5

    /// Where `name` leads. Git's function: `refs_resolve_ref_unsafe` without `RESOLVE_REF_READING`.
    public static func resolve(
        _ name: RefName, reading read: (RefName) throws(RefError) -> RefValue?
    ) throws(RefResolutionFailure) -> RefResolution {
        var current = name
        for hops in 0..<maximumReads {
            let value: RefValue?
            do { value = try read(current) } catch { throw .unreadable(error) }
            switch value {
            case nil: return RefResolution(name: current, id: nil, peeled: nil, hops: hops)
            case .object(let id, let peeled):
                return RefResolution(name: current, id: id, peeled: peeled, hops: hops)
            case .broken: throw .broken(current)
            case .symbolic(let target):
                guard let next = try? RefName(bytes: target) else { throw .badTarget(current, target: target) }
                current = next
            }
        }
        throw .tooDeep(name)
    }
}

extension RefSnapshot {
    /// Where `name` leads through symbolic references.
    ///
    /// The chain as it was at one moment, where the store can tell (``RefStoreCapabilities/wholeListings``).
    public func resolve(_ name: RefName) throws(RefResolutionFailure) -> RefResolution {
        let first: RefValue?
        do throws(RefError) { first = try read(name) } catch { throw .unreadable(error) }
        // A single read needs nobody who watches over it.
        guard case .symbolic = first else { return try RefResolver.resolve(name) { _ in first } }
        let watches = watches
        if watches.isEmpty { return try RefResolver.resolve(name) { name throws(RefError) in try read(name) } }
        let outcome: Result<RefResolution, RefResolutionFailure>
        do throws(RefError) {
            outcome = try watches.reading { () throws(RefError) in
                do throws(RefResolutionFailure) {
                    return .success(try RefResolver.resolve(name) { name throws(RefError) in try read(name) })
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw .unreadable(error)
        }
        return try outcome.get()
    }

    /// The object id that `name` leads to; nil when there is none. Nil for a dangling symbolic reference too.
    public func objectID(of name: RefName) throws(RefError) -> ObjectID? {
        do { return try resolve(name).id } catch { throw error.error }
    }
}
