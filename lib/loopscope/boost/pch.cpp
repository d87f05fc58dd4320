#include "pch_impl.hpp"
