/// A large value in a place of its own: a copy of what holds it shares the place, and moves to one of its own when it
/// changes.
///
/// Views copy lanes many times a frame; without this each copy counts references to every series that a lane keeps.
@propertyWrapper
struct CopyOnWrite<Value: Sendable>: Sendable {
  // @unchecked: only a holder that refers to it alone writes to it.
  private final class Place: @unchecked Sendable {
    var value: Value
    let identity = ValueIdentity()

    init(_ value: Value) { self.value = value }
  }

  private var place: Place

  init(wrappedValue: Value) { place = Place(wrappedValue) }

  var wrappedValue: Value {
    _read { yield place.value }
    _modify {
      if !isKnownUniquelyReferenced(&place) { place = Place(place.value) }
      yield &place.value
    }
    set { place = Place(newValue) }
  }

  var projectedValue: CopyOnWrite<Value> { self }

  /// Stays the same as long as the value is only changed where it is; one that replaces it, or a copy that went another
  /// way, has another.
  ///
  /// Tells whether what was found in the value earlier is still about this value.
  var identity: ValueIdentity { place.identity }
}

/// Compared with `===`.
///
/// An object of its own, so that who remembers it keeps no value alive and no holder from being the only one.
final class ValueIdentity: Sendable {}
