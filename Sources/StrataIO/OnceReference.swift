public import Synchronization

/// A reference that is set once and read by many threads: what is made lazily and then stays.
///
/// Does what the standard library's `AtomicLazyReference` does, which looks its type up at run time on every load. Public because only what is public
/// is inlined, and made for its type, in other modules: for the package alone it would be as slow.
///
/// Sendable because the word is atomic, is set once, and holds the object, itself Sendable, until deinit, which runs when nobody reads any more.
@safe
public struct OnceReference<Object: AnyObject & Sendable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let word = Atomic<UInt>(0)

    @inlinable public init() {}

    deinit {
        let bits = word.load(ordering: .acquiring)
        if let pointer = unsafe UnsafeRawPointer(bitPattern: bits) {
            unsafe Unmanaged<Object>.fromOpaque(pointer).release()
        }
    }

    /// The object, if it has been set.
    @inlinable @inline(__always)
    public func load() -> Object? {
        guard let pointer = unsafe UnsafeRawPointer(bitPattern: word.load(ordering: .acquiring)) else { return nil }
        return unsafe Unmanaged<Object>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Whether ``load()`` and ``with(_:)`` will find an object. Orders nothing.
    @inlinable public var isSet: Bool { word.load(ordering: .relaxed) != 0 }

    /// Lends the object to `body`, if it has been set, without counting a reference: threads that look at one object at once do not meet there.
    ///
    /// The object stays until deinit, and this value lives until `body` has returned: the compiler does not see that what is lent hangs on it.
    @inlinable @inline(__always)
    public func with<Result, Failure: Error>(
        _ body: (Object) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let pointer = unsafe UnsafeRawPointer(bitPattern: word.load(ordering: .acquiring)) else { return nil }
        defer { extendLifetime(self) }
        return try unsafe Unmanaged<Object>.fromOpaque(pointer).lend(body)
    }

    /// Sets the object if none has been set, and gives the one that is.
    @inlinable
    public func storeIfNil(_ object: Object) -> Object {
        let new = unsafe Unmanaged.passRetained(object)
        let bits = unsafe UInt(bitPattern: new.toOpaque())
        let (isStored, old) = word.compareExchange(expected: 0, desired: bits, ordering: .acquiringAndReleasing)
        if isStored { return object }
        unsafe new.release()
        guard let pointer = unsafe UnsafeRawPointer(bitPattern: old) else { return object }
        return unsafe Unmanaged<Object>.fromOpaque(pointer).takeUnretainedValue()
    }
}
